import { getMetadataStorage, type ValidationError, validateSync } from 'class-validator';
import type { FieldProblem } from './problem.js';

/**
 * Checks a plain object against a class-validator DTO and returns what is wrong with it; unknown fields are wrong.
 * The values are copied, not transformed: what the caller sent is what the agent gets.
 */
export function validateDto<T extends object>(dto: new () => T, plain: object): { value: T; errors: FieldProblem[] } {
  const plainly = Object.entries(plain).filter(([field]) => !isStrange(field));
  const value = Object.assign(new dto(), Object.fromEntries(plainly));
  const errors = validateSync(value, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: hasRules(dto) });
  return { value, errors: [...strangeFields(plain), ...errors.flatMap((error) => flatten(error))] };
}

/** Class-validator takes an object of a class without any for a mistake. It is one without fields: each that is sent is unknown. */
const hasRules = (dto: new () => object): boolean => getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false).length > 0;

/** Class-validator takes the names that every object inherits for known ones, or trips over them. */
const isStrange = (field: string): boolean => field in Object.prototype;

/** What is wrong with a plain object that class-validator would not see. */
export const strangeFields = (plain: object): FieldProblem[] =>
  Object.keys(plain)
    .filter(isStrange)
    .map((field) => ({ field, detail: UNKNOWN_FIELD }));

const UNKNOWN_FIELD = 'This field is not known here; leave it out.';

/** class-validator's tree as paths: `items[0].name` rather than items > 0 > name. */
export function flatten(error: ValidationError, parent = ''): FieldProblem[] {
  const field =
    parent === '' ? error.property : /^\d+$/.test(error.property) ? `${parent}[${error.property}]` : `${parent}.${error.property}`;
  const broken = Object.entries(error.constraints ?? {});
  // one sentence per field, and of several that of the type: a text is not "greater than 5"
  const [rule, detail] = broken.find(([name]) => name.startsWith('is')) ?? broken[0] ?? [];
  const own = detail === undefined ? [] : [{ field, detail: rule === 'whitelistValidation' ? UNKNOWN_FIELD : detail }];
  return [...own, ...(error.children ?? []).flatMap((child) => flatten(child, field))];
}
