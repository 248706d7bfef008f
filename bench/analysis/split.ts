import { createHash } from 'node:crypto';

/**
 * The side a contract is on, by a hash of its name: no list to keep, and a contract never changes sides. Contracts of one
 * company share their wording, so the part of the name before the first hyphen, underscore or digit decides for them all.
 */
export function isHeldOut(id: string): boolean {
  return hashOf(id) % 5 === 0;
}

/** Names a contract in `model.json`, so that evaluation knows what the model has seen, in any folder. */
export function fingerprint(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 8);
}

/** For cross-validation on the training side, 0 to `folds` - 1. Independent of `isHeldOut`. */
export function foldOf(id: string, folds: number): number {
  return Math.floor(hashOf(id) / 5) % folds;
}

function hashOf(id: string): number {
  const company = (/^[^-_\d]+/.exec(id)?.[0] ?? id).toLowerCase();
  return createHash('sha256').update(company).digest().readUIntBE(0, 6);
}
