import { visible } from '../credentials.js';
import { counts, integer, secret, text, url } from '../setting.js';
import { HOUR, KIB, MIB, MINUTE, ms, SECOND } from './units.js';

// How tasks are taken in, run, watched and remembered.
export const worker = {
  concurrency: integer('POSTBACK_WORKER_CONCURRENCY', {
    default: 4,
    min: 1,
    max: 1_000,
    unit: 'tasks',
    about: 'How many tasks one worker process runs at once.',
  }),
  tenantConcurrency: integer('POSTBACK_TENANT_CONCURRENCY', {
    default: 0,
    min: 0,
    max: 1_000_000,
    unit: 'tasks',
    about: 'How many tasks of one tenant run at once, over all workers; 0 for no limit. The same value belongs to every worker.',
  }),
  agentConcurrency: counts('POSTBACK_AGENT_CONCURRENCY', {
    accepts: 'task types with a number, like `analyze-document=4,echo=100`',
    about: 'How many tasks of a type run at once, over all workers; the others are limited by the hands of the workers alone.',
  }),
  cancelGraceMs: integer('POSTBACK_CANCEL_GRACE_MS', {
    default: 5 * SECOND,
    min: 0,
    max: 10 * MINUTE,
    unit: ms,
    about: 'How long an agent may take to stop after a cancel, or to return its result all the same, before its task ends without it.',
  }),
  pollIntervalMs: integer('POSTBACK_TASK_POLL_INTERVAL_MS', {
    default: 2 * SECOND,
    min: 500,
    max: MINUTE,
    unit: ms,
    about: 'How often an idle worker looks for tasks; wake-ups usually come sooner.',
  }),
};

export const documents = {
  maxBytes: integer('POSTBACK_DOCUMENT_MAX_BYTES', {
    default: 50 * MIB,
    min: KIB,
    max: 1_024 * MIB,
    unit: 'bytes',
    about: 'The largest document an agent downloads.',
  }),
  timeoutMs: integer('POSTBACK_DOCUMENT_TIMEOUT_MS', {
    default: MINUTE,
    min: 10,
    max: HOUR,
    unit: ms,
    about: 'The time for downloading one document.',
  }),
};

export const streams = {
  max: integer('POSTBACK_STREAMS_MAX', {
    default: 1_000,
    min: 1,
    max: 100_000,
    unit: 'streams',
    about: 'How many event streams and waiting requests one process has open at once; beyond it the answer is 503.',
  }),
  maxPerKey: integer('POSTBACK_STREAMS_PER_KEY', {
    default: 100,
    min: 1,
    max: 100_000,
    unit: 'streams',
    about: 'How many of them one API key may have; beyond it the answer is 429.',
  }),
  heartbeatMs: integer('POSTBACK_STREAM_HEARTBEAT_MS', {
    default: 15 * SECOND,
    min: 10,
    max: 50 * SECOND,
    unit: ms,
    about: 'How often a silent stream says that it is still there.',
  }),
  pollIntervalMs: integer('POSTBACK_EVENTS_POLL_INTERVAL_MS', {
    default: SECOND,
    min: 10,
    max: MINUTE,
    unit: ms,
    about: 'How often a process with open streams looks for events; wake-ups usually come sooner.',
  }),
};

export const submit = {
  queueMax: integer('POSTBACK_SUBMIT_QUEUE_MAX', {
    default: 1_000,
    min: 1,
    max: 100_000,
    unit: 'submits',
    about:
      'How many submits may wait to be stored; beyond it the answer is 503, but for tenants that have fewer than a tenth of it waiting.',
  }),
};

export const tasks = {
  maxQueued: integer('POSTBACK_TENANT_MAX_QUEUED', {
    default: 100_000,
    min: 1,
    max: 100_000_000,
    unit: 'tasks',
    about: 'How many tasks of one tenant may wait for a run; a further submit is answered with 429.',
  }),
};

export const idempotency = {
  ttlHours: integer('POSTBACK_IDEMPOTENCY_TTL_HOURS', {
    default: 24,
    min: 1,
    max: 24 * 30,
    unit: 'hours',
    about: 'How long a repeated `Idempotency-Key` gets the first answer.',
  }),
};

export const llm = {
  baseUrl: url('POSTBACK_LLM_BASE_URL', {
    default: null,
    schemes: ['http', 'https'],
    about: 'An OpenAI-compatible model endpoint for agents that use one.',
  }),
  apiKey: secret('POSTBACK_LLM_API_KEY', {
    accepts: 'the key as given by the provider',
    parse: visible,
    about: 'The key for the model endpoint.',
  }),
  model: text('POSTBACK_LLM_MODEL', { default: null, accepts: 'a model name', about: 'The model to ask for.' }),
  taskTokens: integer('POSTBACK_LLM_TASK_TOKENS', {
    default: 50_000,
    min: 0,
    max: 10_000_000,
    about: 'Tokens, questions and answers together, that one task may spend on the model.',
  }),
  timeoutMs: integer('POSTBACK_LLM_TIMEOUT_MS', {
    default: 60_000,
    min: 1_000,
    max: 600_000,
    about: 'For one answer of the model.',
  }),
};
