import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parseJson } from './parse-json.js';
import { Problem } from './problem.js';

/** Replaces Fastify's JSON parser: no value gets past here that Postgres would refuse or JSON would quietly change. */
export function acceptOnlySafeJson(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request: FastifyRequest, body: Buffer, done) => {
    try {
      refuseEncoded(request.headers['content-encoding']);
      refuseCharset(request.headers['content-type']);
      done(null, readJson(body));
    } catch (error) {
      done(error as Error);
    }
  });
}

/** What is unpacked here could be a thousand times what was sent. */
function refuseEncoded(encoding: string | undefined): void {
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return;
  throw new Problem(415, 'unsupported_media_type', 'Send the body as application/json, uncompressed.');
}

/** JSON is UTF-8 (RFC 8259, section 8.1); read as such, text in another encoding would turn into other text. */
function refuseCharset(contentType = ''): void {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(contentType)?.[1];
  if (charset === undefined || ['utf-8', 'utf8', 'us-ascii'].includes(charset.toLowerCase())) return;
  throw new Problem(415, 'unsupported_media_type', 'Send the body as application/json in UTF-8.');
}

function readJson(body: Buffer): unknown {
  if (body.length === 0) return undefined; // as if there was none: clients name the type of every POST; a route that needs a body says so
  const parsed = parseJson(decodeUtf8(body));
  if (parsed.ok) return parsed.value;
  const errors = parsed.field === undefined ? undefined : [{ field: parsed.field, detail: parsed.message }];
  throw new Problem(parsed.status, parsed.code, parsed.message, { errors });
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeUtf8(body: Buffer): string {
  try {
    return utf8.decode(body);
  } catch (cause) {
    throw new Problem(400, 'invalid_json', 'The request body is not valid UTF-8.', { cause });
  }
}
