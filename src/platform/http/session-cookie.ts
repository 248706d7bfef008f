/**
 * The cookie of the console. Its value is random and means something to `console_sessions` only. Over TLS it has the prefix that makes
 * browsers refuse one of this name from a neighbouring host or without TLS, so that nobody can plant it; without TLS they would refuse ours.
 */
const nameOf = (secure: boolean): string => (secure ? '__Host-postback_session' : 'postback_session');

/** @param publicUrl where browsers reach the service */
export const isSecure = (publicUrl: string): boolean => publicUrl.startsWith('https:');

/** 256 random bits, in base64url. */
const TOKEN = /^[\w-]{43}$/;

const values = (header: string | undefined, secure: boolean): string[] =>
  (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${nameOf(secure)}=`))
    .map((pair) => pair.slice(nameOf(secure).length + 1));

/** Whether the request has the cookie at all, in whatever state. */
export const carriesSession = (header: string | undefined, secure: boolean): boolean => values(header, secure).length > 0;

/** Null when there is none, or nothing that could have come from here. */
export const sessionToken = (header: string | undefined, secure: boolean): string | null =>
  values(header, secure).find((value) => TOKEN.test(value)) ?? null;

/**
 * Neither scripts nor requests that other sites cause get at it.
 *
 * @param secure the service is reached over TLS: the cookie then never travels without
 */
export function sessionCookie(token: string, maxAgeSeconds: number, secure: boolean): string {
  return `${nameOf(secure)}=${token}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
}

/** Takes it back. */
export const noSessionCookie = (secure: boolean): string => sessionCookie('', 0, secure);
