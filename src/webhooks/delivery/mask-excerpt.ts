/** Shorter ones would take ordinary words with them. */
const SHORTEST_SECRET = 8;
/** So little of a secret may be left where a text was cut. */
const SHORTEST_START = 4;

/**
 * Takes secrets out of the start of an answer: error pages like to print the request they are about, and excerpts are shown in
 * delivery logs.
 *
 * @param truncated the text was cut: it may end in the middle of a secret
 */
export function maskExcerpt(text: string, truncated: boolean, secrets: readonly string[]): string {
  // the longest first: one that is part of another would leave the rest of it
  const parts = [...new Set(secrets.flatMap(withCredential))].sort((a, b) => b.length - a.length);
  const masked = parts.reduce((rest, part) => rest.replaceAll(part, '***'), text);
  return truncated ? withoutStart(masked, parts) : masked;
}

/** Of `Bearer X` also X, and of `whsec_X` too: a receiver may print what it took out of it. */
function withCredential(secret: string): string[] {
  return [secret, secret.replace(/^(whsec_|\S+\s+)/, '')].filter(({ length }) => length >= SHORTEST_SECRET);
}

function withoutStart(text: string, parts: readonly string[]): string {
  const longest = Math.max(0, ...parts.map((part) => startAtEnd(text, part)));
  return longest === 0 ? text : `${text.slice(0, -longest)}***`;
}

/** How many letters the end of the text shares with the start of the part. */
function startAtEnd(text: string, part: string): number {
  for (let length = part.length - 1; length >= SHORTEST_START; length -= 1) if (text.endsWith(part.slice(0, length))) return length;
  return 0;
}
