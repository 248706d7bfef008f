/** What the API answered instead of a result: RFC 9457. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly fields: readonly { field: string; detail: string }[] = [],
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(message);
  }
}

export const isSignedOut = (error: unknown): boolean => error instanceof Problem && error.status === 401;

/** GET; throws a Problem. */
export const get = <T>(path: string, signal?: AbortSignal): Promise<T> => request<T>('GET', path, undefined, signal);

/** Throws a Problem. The browser sends cookie and Origin by itself. */
export const send = <T>(method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T> => request<T>(method, path, body);

async function request<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const response = await fetch(path, {
    method,
    credentials: 'same-origin',
    cache: 'no-store',
    ...(signal && { signal }),
    ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  }).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Problem(0, 'unreachable', 'The service cannot be reached. It is asked again by itself.');
  });
  const text = await response.text();
  const value = parse(text);
  if (!response.ok) throw toProblem(response, value);
  return value as T;
}

function parse(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

function toProblem(response: Response, value: unknown): Problem {
  const { code, detail, errors } = (value ?? {}) as { code?: string; detail?: string; errors?: { field: string; detail: string }[] };
  const retryAfter = Number(response.headers.get('retry-after'));
  const message = detail ?? `The service answered ${response.status} without a reason.`;
  return new Problem(response.status, code ?? 'unknown', message, errors ?? [], retryAfter > 0 ? retryAfter : null);
}

/** `?a=1&b=2` of what is set. */
export function query(fields: Record<string, string | number | null | undefined>): string {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null && value !== '');
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text === '' ? '' : `?${text}`;
}
