/** An API answer is nothing to render: whatever a browser is made to open runs and loads nothing. */
const API_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The page at `/docs` runs its own scripts only. Swagger UI sets styles inline and draws its icons from data URLs. */
const DOCS_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The page at `/console`: own files and the own API, and nothing inline but small images. */
const CONSOLE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** On every answer of the service; what helmet sets, at its strictest. */
const ALWAYS: Readonly<Record<string, string>> = {
  'content-security-policy': API_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-frame-options': 'DENY',
  'x-permitted-cross-domain-policies': 'none',
  'x-xss-protection': '0',
  // answers hold tasks, results and keys: a route that may be cached says so itself
  'cache-control': 'no-store',
};

const YEAR_SECONDS = 31_536_000;

/** @param publicUrl where others reach the service: over TLS, browsers are told to stay with it */
export function securityHeaders(publicUrl: string): (path: string) => Readonly<Record<string, string>> {
  const tls: Record<string, string> = publicUrl.startsWith('https:')
    ? { 'strict-transport-security': `max-age=${YEAR_SECONDS}; includeSubDomains` }
    : {};
  const [api, docs, console] = [API_POLICY, DOCS_POLICY, CONSOLE_POLICY].map((policy) => ({
    ...ALWAYS,
    ...tls,
    'content-security-policy': policy,
  }));
  return (path) => (isBelow(path, '/docs') ? docs! : isBelow(path, '/console') ? console! : api!);
}

const isBelow = (path: string, folder: string): boolean =>
  path.startsWith(folder) && (path.length === folder.length || '/?'.includes(path[folder.length]!));
