import type { Json } from '../canonical-json.js';
import { findTrouble, type TroubleCode } from './json-trouble.js';

export interface JsonLimits {
  /** Levels of arrays and objects: `[[]]` has two. */
  maxDepth: number;
}

export const defaultJsonLimits: JsonLimits = { maxDepth: 64 };

/** `field` is a path such as `payload.items[3].name`; it is missing when the whole body is meant. */
export type ParsedJson =
  | { ok: true; value: Json }
  | { ok: false; status: 400 | 422; code: 'invalid_json' | TroubleCode; message: string; field?: string };

/**
 * Parses a request body and refuses what `JSON.parse` takes without a word but Postgres or a later JSON reader would
 * corrupt: see `TroubleCode`. Linear in the length of the text, and no recursion in it.
 *
 * The caller decodes the bytes as strict UTF-8 first. No part of the text appears in a message: a body holds secrets.
 */
export function parseJson(text: string, limits: JsonLimits = defaultJsonLimits): ParsedJson {
  const trouble = findTrouble(text, limits.maxDepth);
  // Before parsing: a megabyte of "[" costs JSON.parse a hundred times what it costs the scan.
  if (trouble?.code === 'json_too_deep') return { ok: false, status: 422, ...trouble };
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return text.includes('\0') ? rawNul() : { ok: false, status: 400, code: 'invalid_json', message: describe(text, error) };
  }
  return trouble ? { ok: false, status: 422, ...trouble } : { ok: true, value };
}

/** JSON forbids a bare NUL, so the parser stops at it; the caller is better served by hearing what it was. */
function rawNul(): ParsedJson {
  return { ok: false, status: 422, code: 'invalid_string', message: 'The body holds a raw NUL character, which cannot be stored.' };
}

function describe(text: string, error: unknown): string {
  if (text.trim() === '') return 'The body is empty; a JSON value was expected.';
  // V8 quotes the text around the fault in some of its messages, so only the place is taken over.
  const place = /\(line \d+ column \d+\)/.exec(error instanceof Error ? error.message : '');
  return place ? `The body is not valid JSON ${place[0]}.` : 'The body is not valid JSON.';
}
