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

/** Names are compared without case: two spellings of one header would both be sent. Undici refuses malformed names and values. */
export function hasSendableHeaders(headers: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  return new Set(names).size === names.length && !names.some((name) => reserved.has(name));
}
