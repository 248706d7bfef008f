/** The cookie of the console. Its value is random and means something to `console_sessions` only. */
const NAME = 'postback_session';

/** 256 random bits, in base64url. */
const TOKEN = /^[\w-]{43}$/;

const values = (header: string | undefined): string[] =>
  (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${NAME}=`))
    .map((pair) => pair.slice(NAME.length + 1));

/** Whether the request has the cookie at all, in whatever state. */
export const carriesSession = (header: string | undefined): boolean => values(header).length > 0;

/** Null when there is none, or nothing that could have come from here. */
export const sessionToken = (header: string | undefined): string | null => values(header).find((value) => TOKEN.test(value)) ?? null;

/**
 * Neither scripts nor requests that other sites cause get at it.
 *
 * @param secure the service is reached over TLS: the cookie then never travels without
 */
export function sessionCookie(token: string, maxAgeSeconds: number, secure: boolean): string {
  return `${NAME}=${token}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
}

/** Takes it back. */
export const noSessionCookie = (secure: boolean): string => sessionCookie('', 0, secure);
