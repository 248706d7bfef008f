/** The connection's own business, or what would make the request another one than was signed. */
const reserved = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Names are compared without case: two spellings of one header would both be sent. */
export function hasSendableHeaders(headers: Readonly<Record<string, string>>): boolean {
  const seen = new Set<string>();
  return Object.entries(headers).every(([name, value]) => {
    const lower = name.toLowerCase();
    const fresh = !seen.has(lower) && !reserved.has(lower);
    seen.add(lower);
    return fresh && /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(lower) && typeof value === 'string' && /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
  });
}
