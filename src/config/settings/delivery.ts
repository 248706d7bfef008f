import { boolean, decimal, integer } from '../setting.js';
import { DAY, HOUR, KIB, MIB, MINUTE, ms, SECOND } from './units.js';

// How webhooks are sent, tried again, held and kept.
export const retry = {
  baseMs: integer('POSTBACK_RETRY_BASE_MS', {
    default: MINUTE,
    min: 0,
    max: DAY,
    unit: ms,
    about: 'The wait before the second retry of a webhook; each further one is longer by the factor.',
  }),
  factor: decimal('POSTBACK_RETRY_FACTOR', { default: 2, min: 1, max: 100, about: 'How much longer each wait is than the one before.' }),
  capMs: integer('POSTBACK_RETRY_CAP_MS', {
    default: 6 * HOUR,
    min: 0,
    max: 7 * DAY,
    unit: ms,
    about: 'No wait is longer, jitter aside.',
  }),
  maxRetries: integer('POSTBACK_RETRY_MAX_RETRIES', {
    default: 10,
    min: 0,
    max: 1_000,
    unit: 'retries',
    about: 'How often a webhook is tried again after the first attempt, before it is dead.',
  }),
  immediate: boolean('POSTBACK_RETRY_IMMEDIATE', {
    default: true,
    about: 'Whether the first retry follows at once; when false it waits for the base.',
  }),
  jitter: decimal('POSTBACK_RETRY_JITTER', {
    default: 0.1,
    min: 0,
    max: 1,
    about: 'The largest random part added to a wait, as a fraction of it.',
  }),
  afterMaxMs: integer('POSTBACK_RETRY_AFTER_MAX_MS', {
    default: DAY,
    min: 0,
    max: 7 * DAY,
    unit: ms,
    about: 'The longest `Retry-After` of a receiver that is honoured; a longer one counts as this one.',
  }),
};

export const delivery = {
  timeoutMs: integer('POSTBACK_DELIVERY_TIMEOUT_MS', {
    default: 15 * SECOND,
    min: 10,
    max: 10 * MINUTE,
    unit: ms,
    about: 'The time for one webhook attempt, from name resolution to the status line.',
  }),
  payloadMaxBytes: integer('POSTBACK_PAYLOAD_MAX_BYTES', {
    default: 256 * KIB,
    min: 256,
    max: 64 * MIB,
    unit: 'bytes',
    about: 'A result larger than this is sent as a link (`result_url`) and a digest.',
  }),
  endpointMaxInFlight: integer('POSTBACK_ENDPOINT_MAX_IN_FLIGHT', {
    default: 10,
    min: 1,
    max: 1_000,
    unit: 'requests',
    about: 'How many webhooks one endpoint gets at once.',
  }),
  originMaxInFlight: integer('POSTBACK_ORIGIN_MAX_IN_FLIGHT', {
    default: 50,
    min: 1,
    max: 10_000,
    unit: 'requests',
    about: 'How many webhooks of one tenant all endpoints at one scheme, host and port get at once.',
  }),
  breakerMinFailures: integer('POSTBACK_BREAKER_MIN_FAILURES', {
    default: 20,
    min: 1,
    max: 1_000_000,
    unit: 'attempts',
    about: 'Failures in a row after which the breaker of an endpoint opens and its webhooks are held.',
  }),
  breakerMinMs: integer('POSTBACK_BREAKER_MIN_MS', {
    default: 10 * MINUTE,
    min: 0,
    max: 7 * DAY,
    unit: ms,
    about: 'How long these failures must have gone on, so that a short outage opens no breaker.',
  }),
  breakerProbeMs: integer('POSTBACK_BREAKER_PROBE_MS', {
    default: 30 * SECOND,
    min: 10,
    max: DAY,
    unit: ms,
    about: 'The first wait before an open breaker lets one webhook through; doubles to twenty times as much.',
  }),
  sweepIntervalMs: integer('POSTBACK_SWEEP_INTERVAL_MS', {
    default: 3 * SECOND,
    min: 50,
    max: 10 * MINUTE,
    unit: ms,
    about: 'How often webhooks are moved to and from the shelf of held ones.',
  }),
  heldMaxAgeMs: integer('POSTBACK_HELD_MAX_AGE_MS', {
    default: 7 * DAY,
    min: 1,
    max: 365 * DAY,
    unit: ms,
    about: 'How long a webhook waits for a blocked endpoint before it is dead (`held_too_long`).',
  }),
  concurrency: integer('POSTBACK_DISPATCHER_CONCURRENCY', {
    default: 256,
    min: 1,
    max: 10_000,
    unit: 'requests',
    about: 'How many webhooks one dispatcher sends at once.',
  }),
  pollIntervalMs: integer('POSTBACK_POLL_INTERVAL_MS', {
    default: SECOND,
    min: 10,
    max: MINUTE,
    unit: ms,
    about: 'How often an idle dispatcher looks for due webhooks; wake-ups usually come sooner.',
  }),
  leaseMs: integer('POSTBACK_LEASE_MS', {
    default: 30 * SECOND,
    min: SECOND,
    max: HOUR,
    unit: ms,
    about: "How long a dispatcher owns a webhook it took; a crashed dispatcher's webhooks come back after it.",
  }),
};

export const retention = {
  tasksDays: integer('POSTBACK_RETENTION_TASKS_DAYS', {
    default: 30,
    min: 1,
    max: 3_650,
    unit: 'days',
    about: 'How long a finished task is kept.',
  }),
  deliveredDays: integer('POSTBACK_RETENTION_DELIVERED_DAYS', {
    default: 14,
    min: 1,
    max: 3_650,
    unit: 'days',
    about: 'How long a delivered webhook is kept.',
  }),
  deadDays: integer('POSTBACK_RETENTION_DEAD_DAYS', {
    default: 90,
    min: 1,
    max: 3_650,
    unit: 'days',
    about: 'How long a dead webhook is kept.',
  }),
};
