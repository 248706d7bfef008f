import type { Transform } from 'node:stream';
import { contentDecoder } from './content-decoder.js';

/** Bytes kept of a body: as they came, decoded, and as text. */
export const maxExcerptBytes = 16_384;

export interface Excerpt {
  readonly text: string;
  readonly truncated: boolean;
}

/** At most the first 16 KB of an answer's body, decoded and safe to store. Never throws: a body that cannot be decoded leaves less text. */
export async function excerptOf(raw: Buffer, contentEncoding: string | undefined, complete: boolean): Promise<Excerpt> {
  const decoder = contentDecoder(contentEncoding, 'start');
  if (decoder === 'identity') return textOf(raw, complete);
  if (decoder === 'unknown') return { text: '', truncated: raw.length > 0 };
  const { bytes, whole } = await inflateStart(raw, decoder);
  return textOf(bytes, complete && whole);
}

/** Invalid UTF-8 and NUL (which Postgres refuses in text) become U+FFFD; the cut never splits a character. */
export function storableText(text: string, maxBytes: number): string {
  const clean = text.toWellFormed().replaceAll('\0', '\uFFFD');
  if (clean.length * 3 <= maxBytes) return clean;
  const { read } = new TextEncoder().encodeInto(clean, new Uint8Array(maxBytes));
  return clean.slice(0, read);
}

function textOf(bytes: Buffer, complete: boolean): Excerpt {
  const whole = complete && bytes.length <= maxExcerptBytes;
  const decoded = whole ? bytes.toString() : startOf(bytes);
  const text = storableText(decoded, maxExcerptBytes);
  return { text, truncated: !whole || text.length < decoded.length };
}

/** `stream` holds back a character that the cut has split. */
function startOf(bytes: Buffer): string {
  return new TextDecoder().decode(bytes.subarray(0, maxExcerptBytes), { stream: true });
}

/** Stops at the first chunk over the limit, so that a bomb costs one chunk. */
function inflateStart(raw: Buffer, decoder: Transform): Promise<{ bytes: Buffer; whole: boolean }> {
  const { promise, resolve } = Promise.withResolvers<{ bytes: Buffer; whole: boolean }>();
  const chunks: Buffer[] = [];
  let size = 0;
  const settle = (whole: boolean) => {
    decoder.destroy();
    resolve({ bytes: Buffer.concat(chunks), whole });
  };
  decoder.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxExcerptBytes) settle(false);
  });
  decoder.once('end', () => settle(true)).once('error', () => settle(false));
  decoder.end(raw);
  return promise;
}
