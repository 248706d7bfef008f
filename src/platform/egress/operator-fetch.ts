import type { OperatorClient } from './operator-client.js';

export interface OperatorFetchOptions {
  /** For everything, the answer's body included. */
  readonly timeoutMs: number;
  /** Of the decoded answer. */
  readonly maxBytes: number;
}

/**
 * `fetch` for libraries that bring their own protocol and let their transport be replaced: it reaches what the operator
 * configured and nothing else. Knows what such libraries do, POST of JSON text, and answers with the whole body at once.
 * Rejects with a message free of URLs and keys when there is no answer.
 */
export function operatorFetch(client: OperatorClient, { timeoutMs, maxBytes }: OperatorFetchOptions): typeof globalThis.fetch {
  return async (input, init) => {
    if (init?.method?.toUpperCase() !== 'POST' || typeof init.body !== 'string')
      throw new TypeError('Only a POST of JSON text can be sent.');
    const url = input instanceof Request ? input.url : String(input);
    const answer = await client.postJson(url, JSON.parse(init.body), {
      timeoutMs,
      maxBytes,
      headers: forwarded(new Headers(init.headers)),
      ...(init.signal ? { signal: init.signal } : {}),
    });
    if (answer.kind === 'failure') throw new Error(answer.message, { cause: answer.code });
    const headers = { 'content-type': 'application/json', ...(answer.retryAfter ? { 'retry-after': answer.retryAfter } : {}) };
    return new Response(bodiless.has(answer.status) ? null : answer.text, { status: answer.status, headers });
  };
}

const bodiless = new Set([204, 205, 304]);

/** What describes the body is decided where it is sent. */
function forwarded(headers: Headers): Record<string, string> {
  for (const name of ['content-length', 'content-type', 'accept-encoding', 'host', 'connection']) headers.delete(name);
  return Object.fromEntries(headers);
}
