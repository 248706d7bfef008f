import axios, { type AxiosAdapter, type AxiosInstance, type AxiosResponse } from 'axios';
import { Agent, type Dispatcher, request } from 'undici';
import { unlessAborted } from './abort.js';
import { type ConnectorOptions, guardedConnector } from './connector.js';

/** Keep-alive over the guarded connector. No time-outs of its own: callers bring one signal for everything. */
export function guardedAgent(options: ConnectorOptions): Agent {
  return new Agent({
    connect: guardedConnector(options),
    connections: 32,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: 4_000,
    keepAliveMaxTimeout: 30_000,
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: 16_384,
  });
}

/**
 * Axios whose only way out is this dispatcher: no proxy, no redirect, no time-out (axios' never ends a dripping body), no limit on
 * length (axios makes an error of a good answer that is long). `data` is the undecoded body as a stream, and every status is an answer.
 */
export function guardedAxios(dispatcher: Dispatcher): AxiosInstance {
  return axios.create({
    adapter: undiciAdapter(dispatcher),
    proxy: false,
    maxRedirects: 0,
    responseType: 'stream',
    transformRequest: [(data) => data],
    transformResponse: [(data) => data],
    headers: { 'user-agent': 'postback' },
  });
}

function undiciAdapter(dispatcher: Dispatcher): AxiosAdapter {
  return async (config) => {
    // Undici hears a signal only once the connection stands; until then the caller must not wait for it.
    const signal = (config.signal as AbortSignal | undefined) ?? new AbortController().signal;
    const sent = request(axios.getUri(config), {
      dispatcher,
      method: (config.method ?? 'get').toUpperCase() as Dispatcher.HttpMethod,
      headers: config.headers.toJSON() as Record<string, string>,
      body: config.data,
      signal,
    });
    const { statusCode, statusText, headers, body } = await unlessAborted(sent, signal);
    // Readers see a failure through their iterator; this only keeps it from being unhandled.
    body.on('error', () => {});
    return { data: body, status: statusCode, statusText, headers: { ...headers }, config };
  };
}

/** The first of a header's values. */
export function headerOf(answer: AxiosResponse, name: string): string | undefined {
  const value: unknown = answer.headers[name];
  const first = Array.isArray(value) ? value[0] : value;
  return typeof first === 'string' ? first : undefined;
}
