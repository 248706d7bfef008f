import { types } from 'node:util';

/** SQLSTATE classes that say "not now" rather than "not like this": connection, resources, operator intervention. */
const TRANSIENT_CLASSES = new Set(['08', '53', '57', '58']);
/** Of these classes, but a mistake of ours: the protocol was violated, so the same statement will fail again. */
const OUR_MISTAKES = new Set(['08P01']);
const TRANSIENT_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  '40001',
  '40P01',
  '55P03',
]);
const POOL_MESSAGES = [
  /timeout exceeded when trying to connect/i,
  /connection terminated/i,
  /query read timeout/i,
  /client has encountered a connection error/i,
  /driver not connected/i,
];

/** Whether an error means that Postgres is away or overloaded, so that the same statement may succeed later. */
export function isDatabaseTrouble(error: unknown): boolean {
  if (!types.isNativeError(error)) return false; // unlike instanceof, also true for an error of another realm, such as a worker's or a test runner's
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && OUR_MISTAKES.has(code)) return false;
  if (typeof code === 'string' && (TRANSIENT_CODES.has(code) || (/^[0-9A-Z]{5}$/.test(code) && TRANSIENT_CLASSES.has(code.slice(0, 2))))) {
    return true;
  }
  if (POOL_MESSAGES.some((pattern) => pattern.test(error.message))) return true;
  const { driverError, cause } = error as { driverError?: unknown; cause?: unknown };
  return [driverError, cause].some((inner) => inner !== undefined && inner !== error && isDatabaseTrouble(inner));
}
