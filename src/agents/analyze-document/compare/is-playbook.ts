import { type ValidationArguments, ValidatorConstraint, type ValidatorConstraintInterface } from 'class-validator';
import { parsePlaybook } from './playbook.js';

/** Holds at the door what `parsePlaybook` would refuse later, in its words: they name the field that is wrong. */
@ValidatorConstraint({ name: 'isPlaybook' })
export class IsPlaybook implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    return mistakeIn(value) === null;
  }

  defaultMessage({ value }: ValidationArguments): string {
    return mistakeIn(value) ?? '';
  }
}

/** Of the value that was asked about last: the door asks twice, and parsing is the dear part of it. */
let last: { value: unknown; mistake: string | null } | null = null;

function mistakeIn(value: unknown): string | null {
  if (last?.value !== value || last === null) last = { value, mistake: findMistake(value) };
  return last.mistake;
}

function findMistake(value: unknown): string | null {
  if (typeof value !== 'string') return 'must be YAML text';
  try {
    parsePlaybook(value);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
