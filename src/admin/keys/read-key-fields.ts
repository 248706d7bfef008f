import { invalid, Problem } from '../../platform/http/problem.js';
import { validateDto } from '../../platform/http/validate-dto.js';
import type { KeyWanted } from './create-key.js';
import { DEFAULT_KEY_OVERLAP_SECONDS, KeyFields, KeyRotationFields } from './key.dto.js';

/** Throws a 422 that names every field that is wrong. */
export function readKeyFields(body: unknown): KeyWanted {
  const { value, errors } = validateDto(KeyFields, readObject(body));
  if (errors.length > 0) throw invalid(errors);
  return { tenant: value.tenant, name: value.name, scopes: value.scopes, expiresInSeconds: value.expires_in ?? null };
}

/** For how many seconds the former key goes on; throws a 422. */
export function readKeyOverlap(body: unknown): number {
  const { value, errors } = validateDto(KeyRotationFields, readObject(body ?? {}));
  if (errors.length > 0) throw invalid(errors);
  return value.overlap_seconds ?? DEFAULT_KEY_OVERLAP_SECONDS;
}

function readObject(body: unknown): object {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body;
  throw new Problem(422, 'validation_failed', 'The request body must be a JSON object.');
}
