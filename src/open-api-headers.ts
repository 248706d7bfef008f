import type { OpenAPIObject } from '@nestjs/swagger';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Response = { headers?: Record<string, object> };

const text = { type: 'string' };

/** What answers carry whatever the route, once in the document: `components.headers`. */
export const sharedHeaders = {
  'X-Request-Id': { description: 'Names this request; quote it when you report trouble.', schema: text },
  'RateLimit-Policy': {
    description: 'What the API key may ask for: `q` requests at once, all of them again after `w` seconds (IETF draft on rate limits).',
    schema: text,
    example: '"key";q=1000;w=5',
  },
  RateLimit: {
    description: 'Where the API key stands: `r` requests are left, and in `t` seconds all of them are there again.',
    schema: text,
    example: '"key";r=998;t=1',
  },
  'Retry-After': { description: 'Seconds after which the same request is worth another try.', schema: { type: 'integer', minimum: 0 } },
  'WWW-Authenticate': { description: 'How to say who is calling.', schema: text, example: 'Bearer realm="postback"' },
};

/** Refused on the bare connection, before there is a request that could be named. */
const BEFORE_THE_REQUEST = ['408', '431'];
/** Refused, or broken off, before anybody counts the requests of the key. */
const BEFORE_THE_COUNT = ['401', '403', '408', '431', '503'];

/** Adds to each answer of an operation the headers that it has on every route. */
export function addSharedHeaders({ responses, security }: Operation): void {
  const open = security?.length === 0;
  for (const [status, response] of Object.entries(responses) as [string, Response][]) {
    const names: (keyof typeof sharedHeaders)[] = [
      ...(status === '401' ? (['WWW-Authenticate'] as const) : []),
      ...(status === '429' || status === '503' ? (['Retry-After'] as const) : []),
      ...(open || BEFORE_THE_COUNT.includes(status) ? [] : (['RateLimit-Policy', 'RateLimit'] as const)),
      ...(BEFORE_THE_REQUEST.includes(status) ? [] : (['X-Request-Id'] as const)),
    ];
    const shared = names.map((name) => [name, { $ref: `#/components/headers/${name}` }] as const);
    if (shared.length > 0) response.headers = { ...response.headers, ...Object.fromEntries(shared) };
  }
}
