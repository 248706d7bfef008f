/** Replaces every secret by stars, the longest first, so that no part of one stays behind. */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  const longestFirst = secrets.filter((secret) => secret !== '').sort((a, b) => b.length - a.length);
  return longestFirst.reduce((hidden, secret) => hidden.replaceAll(secret, '***'), text);
}

/** What is secret in a URL: everything behind its host, as a whole and in parts, and credentials before it. */
export function secretsOfUrl(text: string): string[] {
  const url = new URL(text);
  const words = [...url.pathname.split('/'), ...url.searchParams.values()].filter((word) => word.length >= 6);
  const path = url.pathname + url.search;
  return [url.href, ...(path.length > 1 ? [path] : []), ...words, ...[url.username, url.password].filter((word) => word !== '')];
}
