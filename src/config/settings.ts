import { bearerToken, headerList, mailAddress, masterKey, masterKeys, visible, webhookSecret } from './credentials.js';
import { boolean, choice, choices, cidrs, counts, decimal, integer, list, type Setting, secret, text, url } from './setting.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const KIB = 1_024;
const MIB = 1_024 * KIB;

const ms = 'milliseconds';

/** `POSTBACK_PUBLIC_URL` when neither it nor a port is given: the port is known once the service listens. */
export const UNKNOWN_PORT_URL = 'http://localhost:0';

/**
 * Every setting there is. One entry adds one: it appears in the `Config` type at its place in this tree, in `npm run config`,
 * in the README's table and in the "did you mean" of unknown names. Rules between settings are in `check-config.ts`.
 */
export const settings = {
  nodeEnv: text('NODE_ENV', {
    default: 'development',
    accepts: '`production` for anything that others rely on',
    about: 'With `production` the service refuses what is only fit for trying it out.',
  }),
  failPoint: text('FAILPOINT', {
    default: null,
    accepts: 'the name of a fail point',
    about: 'Where this process kills itself, for fault tests; ignored in production.',
  }),
  roles: choices('POSTBACK_ROLES', {
    default: ['api', 'worker', 'dispatcher'],
    of: ['api', 'worker', 'dispatcher'],
    about: 'What this process does: answer HTTP, run tasks, send webhooks.',
  }),
  dataDir: text('POSTBACK_DATA_DIR', {
    default: '.data',
    accepts: 'a directory path',
    about: 'Where the embedded Postgres and its keys live; unused with `DATABASE_URL`.',
  }),
  demoAgents: boolean('POSTBACK_DEMO_AGENTS', {
    default: false,
    about: 'Offers the demo task types, such as `echo`, which can be told to crash.',
  }),
  http: {
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
  },
  log: {
    level: choice('POSTBACK_LOG_LEVEL', {
      default: 'info',
      of: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
      about: 'The least severe log line that is written.',
    }),
  },
  database: {
    url: url('DATABASE_URL', {
      default: null,
      shown: 'an embedded Postgres under `POSTBACK_DATA_DIR`',
      schemes: ['postgres', 'postgresql'],
      secret: true,
      about: 'The Postgres (15 to 18) that holds everything; in production it must be set unless `POSTBACK_EMBEDDED` is true.',
    }),
    allowEmbedded: boolean('POSTBACK_EMBEDDED', {
      default: false,
      about: 'Allows the embedded Postgres in production; means nothing when `DATABASE_URL` is set.',
    }),
    pool: integer('POSTBACK_DATABASE_POOL', {
      default: 20,
      min: 2,
      max: 500,
      unit: 'connections',
      about: 'How many database connections this process opens at most, per pool.',
    }),
  },
  keys: {
    bootstrapApi: secret('POSTBACK_BOOTSTRAP_API_KEY', {
      accepts: 'visible characters without spaces',
      parse: visible,
      about: 'An API key of tenant `default` that exists after boot.',
    }),
    bootstrapAdmin: secret('POSTBACK_BOOTSTRAP_ADMIN_KEY', {
      accepts: 'visible characters without spaces',
      parse: visible,
      about: 'An admin key that exists after boot.',
    }),
    master: secret('POSTBACK_MASTER_KEY', {
      accepts: 'the base64 of 32 random bytes, as made by `openssl rand -base64 32`',
      parse: masterKey,
      about: 'Encrypts the webhook secrets in the database; with the embedded Postgres it is generated into the data directory.',
    }),
    otherMasters: secret('POSTBACK_MASTER_KEY_OTHERS', {
      accepts: 'master keys like `POSTBACK_MASTER_KEY`, separated by commas',
      parse: masterKeys,
      about: 'Further master keys that open what they sealed, such as the former one until `npm run rotate-master-key` is done.',
    }),
  },
  egress: {
    allowCidrs: cidrs('POSTBACK_EGRESS_ALLOW_CIDRS', {
      about: 'Private addresses that webhooks and documents may come from or go to; lifts the name, port and address rules for them.',
    }),
    allowHttp: boolean('POSTBACK_EGRESS_ALLOW_HTTP', {
      default: false,
      about:
        'Allows `http://` for webhooks and documents. It opens no address: a private one needs its range in `POSTBACK_EGRESS_ALLOW_CIDRS` as well.',
    }),
  },
  retry: {
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
  },
  delivery: {
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
  },
  worker: {
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
  },
  process: {
    heartbeatMs: integer('POSTBACK_HEARTBEAT_MS', {
      default: 5 * SECOND,
      min: 100,
      max: 10 * MINUTE,
      unit: ms,
      about: 'How often a process says that it lives.',
    }),
    lostMs: integer('POSTBACK_PROCESS_LOST_MS', {
      default: 20 * SECOND,
      min: 200,
      max: HOUR,
      unit: ms,
      about: 'A process that has said nothing for so long is taken for dead and its tasks run elsewhere.',
    }),
    shutdownGraceMs: integer('POSTBACK_SHUTDOWN_GRACE_MS', {
      default: 20 * SECOND,
      min: 0,
      max: HOUR,
      unit: ms,
      about: 'How long running work may finish after SIGTERM before it is aborted and given back.',
    }),
  },
  documents: {
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
  },
  streams: {
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
  },
  submit: {
    queueMax: integer('POSTBACK_SUBMIT_QUEUE_MAX', {
      default: 1_000,
      min: 1,
      max: 100_000,
      unit: 'submits',
      about: 'How many submits may wait to be stored; beyond it the answer is 503.',
    }),
  },
  tasks: {
    maxQueued: integer('POSTBACK_TENANT_MAX_QUEUED', {
      default: 100_000,
      min: 1,
      max: 100_000_000,
      unit: 'tasks',
      about: 'How many tasks of one tenant may wait for a run; a further submit is answered with 429.',
    }),
  },
  idempotency: {
    ttlHours: integer('POSTBACK_IDEMPOTENCY_TTL_HOURS', {
      default: 24,
      min: 1,
      max: 24 * 30,
      unit: 'hours',
      about: 'How long a repeated `Idempotency-Key` gets the first answer.',
    }),
  },
  retention: {
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
  },
  alerts: {
    slackUrl: url('POSTBACK_ALERT_SLACK_URL', {
      default: null,
      schemes: ['http', 'https'],
      secret: true,
      about: 'A Slack incoming webhook that gets alerts.',
    }),
    pagerdutyKey: secret('POSTBACK_ALERT_PAGERDUTY_KEY', {
      accepts: 'an Events API v2 routing key',
      parse: visible,
      about: 'The PagerDuty routing key for alerts.',
    }),
    pagerdutyUrl: url('POSTBACK_ALERT_PAGERDUTY_URL', {
      default: 'https://events.pagerduty.com/v2/enqueue',
      schemes: ['http', 'https'],
      about: 'Where PagerDuty takes events (Events API v2); for the EU region `https://events.eu.pagerduty.com/v2/enqueue`.',
    }),
    emailTo: list('POSTBACK_ALERT_EMAIL_TO', {
      accepts: 'mail addresses, separated by commas',
      each: mailAddress,
      about: 'Who gets alerts by mail; needs `POSTBACK_SMTP_URL`.',
    }),
    emailFrom: text('POSTBACK_ALERT_EMAIL_FROM', {
      default: 'postback@localhost',
      accepts: 'a mail address',
      about: 'The sender of alert mails.',
    }),
    smtpUrl: url('POSTBACK_SMTP_URL', {
      default: null,
      schemes: ['smtp', 'smtps'],
      secret: true,
      about:
        'The mail server for alerts, with its user and password. With these, `smtp://` wants STARTTLS, so that they never travel in the clear.',
    }),
    webhookUrl: url('POSTBACK_ALERT_WEBHOOK_URL', {
      default: null,
      schemes: ['http', 'https'],
      secret: true,
      about: 'An address that gets alerts as JSON.',
    }),
    webhookSecret: secret('POSTBACK_ALERT_WEBHOOK_SECRET', {
      accepts: '`whsec_` and the base64 of 16 to 64 bytes, or any 8 to 256 bytes',
      parse: webhookSecret,
      about: 'Signs what `POSTBACK_ALERT_WEBHOOK_URL` gets (Standard Webhooks); unset: it is not signed.',
    }),
    runbookUrl: url('POSTBACK_ALERT_RUNBOOK_URL', {
      default: null,
      shown: 'the path `docs/running.md`',
      schemes: ['http', 'https'],
      about: 'Where you published `docs/running.md`; each alert links to its paragraph there.',
    }),
    intervalMs: integer('POSTBACK_ALERT_INTERVAL_MS', {
      default: 15 * SECOND,
      min: 50,
      max: HOUR,
      unit: ms,
      about: 'How often the alert rules look at the tables, all processes together.',
    }),
    quietMs: integer('POSTBACK_ALERT_QUIET_MS', {
      default: HOUR,
      min: 0,
      max: 30 * DAY,
      unit: ms,
      about: 'An alert that lasts and that nobody has acknowledged is told again this often at most.',
    }),
    resolveAfterMs: integer('POSTBACK_ALERT_RESOLVE_AFTER_MS', {
      default: MINUTE,
      min: 0,
      max: DAY,
      unit: ms,
      about: 'How long the trouble must be over before its alert is resolved, so that what comes and goes is told once.',
    }),
    failureRate: decimal('POSTBACK_ALERT_FAILURE_RATE', {
      default: 0.5,
      min: 0.01,
      max: 1,
      about: 'Alert `failure_rate`: the share of the latest attempts that failed.',
    }),
    failureRateMinAttempts: integer('POSTBACK_ALERT_FAILURE_RATE_MIN_ATTEMPTS', {
      default: 50,
      min: 1,
      max: 2_000,
      unit: 'attempts',
      about: 'With fewer attempts than this there is no failure rate. It is taken from the latest 2000.',
    }),
    failureRateWindowMs: integer('POSTBACK_ALERT_FAILURE_RATE_WINDOW_MS', {
      default: 15 * MINUTE,
      min: SECOND,
      max: DAY,
      unit: ms,
      about: 'Attempts count in the failure rate when their webhook was made within this time.',
    }),
    deadLetters: integer('POSTBACK_ALERT_DEAD_LETTERS', {
      default: 100,
      min: 1,
      max: 10_000,
      unit: 'webhooks',
      about: 'Alert `dead_letters`: so many dead webhooks wait for a person.',
    }),
    retryAttempts: integer('POSTBACK_ALERT_RETRY_ATTEMPTS', {
      default: 6,
      min: 5,
      max: 1_000,
      unit: 'attempts',
      about: 'Alert `many_retries`: charged attempts that make a webhook one with many retries.',
    }),
    retryRows: integer('POSTBACK_ALERT_RETRY_ROWS', {
      default: 10,
      min: 1,
      max: 10_000,
      unit: 'webhooks',
      about: 'Alert `many_retries`: so many such webhooks.',
    }),
    unchargedAttempts: integer('POSTBACK_ALERT_UNCHARGED_ATTEMPTS', {
      default: 8,
      min: 5,
      max: 1_000,
      unit: 'attempts',
      about:
        'Alert `failing_uncharged`: attempts of one webhook in a row that failed by no fault of its receiver; 8 take about ten minutes.',
    }),
    dueAgeMs: integer('POSTBACK_ALERT_DUE_AGE_MS', {
      default: 5 * MINUTE,
      min: 1,
      max: 7 * DAY,
      unit: ms,
      about: 'Alert `oldest_due`: a webhook has been due for so long and is not sent.',
    }),
    heldAgeMs: integer('POSTBACK_ALERT_HELD_AGE_MS', {
      default: HOUR,
      min: 1,
      max: 365 * DAY,
      unit: ms,
      about: 'Alert `oldest_held`: a webhook has waited for so long for an endpoint that is paused, disabled or failing.',
    }),
    queueAgeMs: integer('POSTBACK_ALERT_QUEUE_AGE_MS', {
      default: 10 * MINUTE,
      min: 1,
      max: 7 * DAY,
      unit: ms,
      about: 'Alert `queue_age`: a task has been ready to run for so long.',
    }),
    roleMissingMs: integer('POSTBACK_ALERT_ROLE_MISSING_MS', {
      default: MINUTE,
      min: 0,
      max: DAY,
      unit: ms,
      about: 'Alert `role_without_process`: no process of a role has been alive for so long.',
    }),
  },
  otlp: {
    endpoint: url('OTEL_EXPORTER_OTLP_ENDPOINT', {
      default: null,
      schemes: ['http', 'https'],
      about: 'Where traces go (OTLP over HTTP, as JSON); `/v1/traces` is added. Unset: there is no tracing.',
    }),
    headers: secret('OTEL_EXPORTER_OTLP_HEADERS', {
      accepts: 'names and percent-encoded values like `authorization=Bearer%20key`, separated by commas',
      parse: headerList,
      about: 'Request headers for it, such as a key.',
    }),
  },
  llm: {
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
  },
};

/** The table as a flat list, in its own order. */
export const allSettings: readonly Setting<unknown>[] = Object.values(settings).flatMap((entry) =>
  isSetting(entry) ? [entry] : (Object.values(entry) as Setting<unknown>[]),
);

export function isSetting(entry: object): entry is Setting<unknown> {
  return 'parse' in entry && 'name' in entry;
}
