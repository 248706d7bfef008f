/** Marks a secret whose rest is base64 of the key's bytes (Standard Webhooks, "Signature scheme"). */
const PREFIX = 'whsec_';
const MIN_KEY_BYTES = 16;
const MAX_KEY_BYTES = 64;
const MIN_RAW_BYTES = 8;
const MAX_RAW_BYTES = 256;

/**
 * May a client sign with this secret? Either `whsec_` and the base64 of 16 to 64 bytes, or any text of 8 to 256 bytes
 * of UTF-8, control characters included: a secret is bytes that we repeat, not text that we read.
 */
export function checkWebhookSecret(secret: string): { ok: true } | { ok: false; message: string } {
  // U+FFFD would stand in for it in UTF-8, and two different secrets would become one.
  if (!secret.isWellFormed()) return refuse('The secret holds half of a surrogate pair and has no UTF-8 form.');
  return secret.startsWith(PREFIX) ? checkEncoded(secret) : checkRaw(secret);
}

/** The decoded bytes of a `whsec_` secret; null for a secret of the other kind, and for bad base64. */
export function encodedKey(secret: string): Buffer | null {
  if (!secret.startsWith(PREFIX)) return null;
  const base64 = secret.slice(PREFIX.length);
  const key = Buffer.from(base64, 'base64');
  // Buffer.from skips what is not base64. Receivers' libraries do not, and want the padding too.
  return key.toString('base64') === base64 ? key : null;
}

function checkEncoded(secret: string): { ok: true } | { ok: false; message: string } {
  const key = encodedKey(secret);
  if (!key) return refuse('A secret that begins with whsec_ goes on in standard base64, padded with "=" where it must be.');
  if (key.length < MIN_KEY_BYTES || key.length > MAX_KEY_BYTES) {
    return refuse(`A whsec_ secret holds ${MIN_KEY_BYTES} to ${MAX_KEY_BYTES} bytes; this one holds ${key.length}.`);
  }
  return { ok: true };
}

function checkRaw(secret: string): { ok: true } | { ok: false; message: string } {
  const length = Buffer.byteLength(secret, 'utf8');
  if (length < MIN_RAW_BYTES || length > MAX_RAW_BYTES) {
    return refuse(`A secret has ${MIN_RAW_BYTES} to ${MAX_RAW_BYTES} bytes in UTF-8; this one has ${length}.`);
  }
  return { ok: true };
}

function refuse(message: string): { ok: false; message: string } {
  return { ok: false, message };
}
