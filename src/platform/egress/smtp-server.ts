/** A mail server as an `smtp://` or `smtps://` URL names it. */
export interface SmtpServer {
  host: string;
  port: number;
  /** TLS from the first byte (`smtps://`), not by STARTTLS. */
  secure: boolean;
  credentials: { user: string; password: string } | null;
}

/** Ports when the URL has none: 465 for TLS from the first byte, else 587 for submission (RFC 8314, 6409). */
export function smtpServer(smtpUrl: string): SmtpServer {
  const url = new URL(smtpUrl);
  const secure = url.protocol === 'smtps:';
  return {
    // URL keeps the case of a host when it does not know the scheme
    host: url.hostname.toLowerCase().replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    secure,
    credentials: url.username === '' ? null : { user: decoded(url.username), password: decoded(url.password) },
  };
}

/** As a target for the operator's policy. */
export function smtpTarget(smtpUrl: string): string {
  const { host, port } = smtpServer(smtpUrl);
  return `smtp://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a password with a bare percent sign
  }
}
