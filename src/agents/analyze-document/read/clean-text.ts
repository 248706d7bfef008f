// Control characters carry no meaning in a contract and NUL cannot be stored by Postgres. Soft hyphens and zero-width
// characters only tell a renderer where it may break, and others which way to write: left in, they hide words from every rule.
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the point
const unwanted = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff]/g;

/** Text that Postgres and JSON take as it is: no control characters, no lone surrogates, plain spaces. */
export function cleanText(text: string): string {
  return text
    .replace(/\f/g, '\n')
    .replace(unwanted, '')
    .toWellFormed()
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(/[\u00a0\u2000-\u200a\u202f\u205f\u3000]/g, ' ');
}

export function squeeze(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
