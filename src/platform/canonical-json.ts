/** Any value JSON can carry. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Nesting that is followed: the door lets 64 levels in, the rest is room for what we wrap around them. */
const MAX_DEPTH = 128;

/**
 * One text per JSON value, whatever order its keys came in: for fingerprints and comparisons, never for sending.
 * RFC 8785 (JCS): keys sorted by UTF-16 code unit, no white space, numbers as ECMAScript prints them, so `-0` is `0`.
 * A key whose value is `undefined` is left out, as `JSON.stringify` does.
 *
 * Throws `RangeError` beyond 128 levels and `TypeError` for what JSON cannot carry.
 */
export function canonicalJson(value: Json): string {
  return print(value, 0);
}

function print(value: Json, depth: number): string {
  if (depth > MAX_DEPTH) throw new RangeError(`A JSON value nested deeper than ${MAX_DEPTH} levels has no canonical form.`);
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return printNumber(value);
  if (typeof value !== 'object') throw new TypeError(`A value of type ${typeof value} has no canonical JSON form.`);
  if (Array.isArray(value)) return `[${value.map((item) => print(item, depth + 1)).join(',')}]`;
  return `{${printMembers(value, depth + 1).join(',')}}`;
}

function printNumber(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`${value} has no JSON form.`);
  return JSON.stringify(value);
}

function printMembers(object: { [key: string]: Json }, depth: number): string[] {
  const keys = Object.keys(object).filter((key) => object[key] !== undefined);
  // The default order of sort() is by code unit, which is what RFC 8785 section 3.2.3 asks for.
  return keys.sort().map((key) => `${JSON.stringify(key)}:${print(object[key]!, depth)}`);
}
