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

function mistakeIn(value: unknown): string | null {
  if (typeof value !== 'string') return 'must be YAML text';
  try {
    parsePlaybook(value);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
