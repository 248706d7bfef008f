import { bearerToken } from '../credentials.js';
import { cidrs, integer, secret, text, url } from '../setting.js';
import { HOUR, KIB, MIB, MINUTE, ms, SECOND } from './units.js';

// What it listens on, and what a caller may take of it.
export const http = {
  port: integer('PORT', { default: 3000, min: 0, max: 65_535, about: 'The port to listen on; 0 picks a free one.' }),
  host: text('POSTBACK_HOST', {
    default: (env) => (env.NODE_ENV === 'production' ? '0.0.0.0' : '127.0.0.1'),
    shown: '127.0.0.1, in production 0.0.0.0',
    accepts: 'an address of this machine',
    about: 'The address to listen on.',
  }),
  publicUrl: url('POSTBACK_PUBLIC_URL', {
    default: (env): string => `http://localhost:${env.PORT || 3000}`,
    shown: 'http://localhost:$PORT',
    schemes: ['http', 'https'],
    about: 'Where others reach this service; links in answers and webhooks begin with it.',
  }),
  bodyMaxBytes: integer('POSTBACK_BODY_MAX_BYTES', {
    default: MIB,
    min: KIB,
    max: 64 * MIB,
    unit: 'bytes',
    about: 'The largest request body that is read; above it the answer is 413.',
  }),
  headersTimeoutMs: integer('POSTBACK_HTTP_HEADERS_TIMEOUT_MS', {
    default: 10 * SECOND,
    min: 100,
    max: 10 * MINUTE,
    unit: ms,
    about: 'The time a request has for its headers, so that slow senders do not use up the connections.',
  }),
  requestTimeoutMs: integer('POSTBACK_HTTP_REQUEST_TIMEOUT_MS', {
    default: 30 * SECOND,
    min: 100,
    max: HOUR,
    unit: ms,
    about: 'The time a request has to arrive as a whole, body included. The answer may take longer.',
  }),
  maxConnections: integer('POSTBACK_HTTP_MAX_CONNECTIONS', {
    default: 10_000,
    min: 1,
    max: 1_000_000,
    unit: 'connections',
    about: 'How many connections this process holds open at once; further ones are closed.',
  }),
  trustedProxies: cidrs('POSTBACK_TRUSTED_PROXIES', {
    about: "The load balancers whose `X-Forwarded-For` is believed; the caller's address in the audit log is taken from it.",
  }),
  keyRatePerSecond: integer('POSTBACK_KEY_RATE_PER_SECOND', {
    default: 200,
    min: 1,
    max: 1_000_000,
    unit: 'requests per second',
    about: 'How fast one API key may send requests to one process in the long run; beyond it the answer is 429.',
  }),
  keyBurst: integer('POSTBACK_KEY_BURST', {
    default: 1_000,
    min: 1,
    max: 1_000_000,
    unit: 'requests',
    about: 'How many requests an API key may send at once after a pause.',
  }),
  keyMaxInFlight: integer('POSTBACK_KEY_MAX_IN_FLIGHT', {
    default: 1_000,
    min: 1,
    max: 1_000_000,
    unit: 'requests',
    about: 'How many requests of one API key one process works on at the same time, waiting and streaming ones included.',
  }),
  keyCacheMs: integer('POSTBACK_KEY_CACHE_MS', {
    default: 5 * SECOND,
    min: 0,
    max: 5 * MINUTE,
    unit: ms,
    about: 'How long a process trusts what it knows of an API key: a key that was revoked is refused everywhere after this time.',
  }),
  consoleSessionMs: integer('POSTBACK_CONSOLE_SESSION_MS', {
    default: 12 * HOUR,
    min: MINUTE,
    max: 30 * 24 * HOUR,
    unit: ms,
    about: 'How long one stays signed in at the console; it may end sooner with the API key that was entered.',
  }),
  metricsToken: secret('POSTBACK_METRICS_TOKEN', {
    accepts: 'at least 8 visible characters without spaces',
    parse: bearerToken,
    about: 'When set, `/metrics` wants it as a bearer token.',
  }),
  metricsPort: integer('POSTBACK_METRICS_PORT', {
    default: 0,
    min: 0,
    max: 65_535,
    about: 'A port for `/metrics` alone, which processes without the role api need to be watched; 0 for none.',
  }),
  metricsIntervalMs: integer('POSTBACK_METRICS_INTERVAL_MS', {
    default: 15 * SECOND,
    min: 0,
    max: 10 * MINUTE,
    unit: ms,
    about: 'How often the tables are counted for `/metrics`, all processes together; your scrape interval.',
  }),
};
