/** What is sent in a header. */
export function visible(value: string): string {
  if (!/^[\x21-\x7e]+$/.test(value)) throw new Error('has spaces or characters that cannot be sent in a header');
  return value;
}

export function bearerToken(value: string): string {
  if (value.length < 8) throw new Error('is too short');
  return visible(value);
}

export function masterKey(value: string): Buffer {
  const bytes = Buffer.from(value, 'base64');
  if (bytes.length !== 32 || bytes.toString('base64') !== value) throw new Error('is not the base64 of 32 bytes');
  return bytes;
}

export function masterKeys(value: string): readonly Buffer[] {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
    .map((item) => {
      try {
        return masterKey(item);
      } catch {
        throw new Error('has an item that is not the base64 of 32 bytes');
      }
    });
}

/** As callers' secrets: `whsec_` and base64, or any text. */
export function webhookSecret(value: string): string {
  const encoded = value.startsWith('whsec_') ? value.slice(6) : null;
  const bytes = encoded === null ? Buffer.from(value) : Buffer.from(encoded, 'base64');
  if (encoded !== null && bytes.toString('base64') !== encoded) throw new Error('begins with whsec_ and does not go on in base64');
  const [min, max] = encoded === null ? [8, 256] : [16, 64];
  if (bytes.length < min || bytes.length > max) throw new Error(`holds ${bytes.length} bytes`);
  return value;
}

/** Loose on purpose: only the mail server knows. */
export function mailAddress(value: string): void {
  if (!/^[^\s@]+@[^\s@]+$/.test(value)) throw new Error(`has "${value}", which is not a mail address`);
}

/** Header names and percent-encoded values, like `a=b,c=d%20e`. */
export function headerList(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    text.split(',').map((item) => {
      const [, name, value] = /^\s*([\w!#$%&'*+.^`|~-]+)=(.*?)\s*$/.exec(item) ?? [];
      if (name === undefined || value === undefined) throw new Error('is no list of names and values');
      return [name.toLowerCase(), decodeValue(value)];
    }),
  );
}

function decodeValue(value: string): string {
  try {
    const decoded = decodeURIComponent(value);
    if (/^[\x20-\x7e]*$/.test(decoded)) return decoded;
  } catch {
    // told below
  }
  throw new Error('has a value that no header can carry');
}
