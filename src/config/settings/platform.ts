import { headerList, masterKey, masterKeys, visible } from '../credentials.js';
import { boolean, choice, cidrs, integer, secret, url } from '../setting.js';
import { HOUR, MINUTE, ms, SECOND } from './units.js';

// What every role needs: its log, its database, its keys, its way out, its own life.
export const log = {
  level: choice('POSTBACK_LOG_LEVEL', {
    default: 'info',
    of: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    about: 'The least severe log line that is written.',
  }),
};

export const database = {
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
  waitMs: integer('POSTBACK_DATABASE_WAIT_MS', {
    default: 30 * SECOND,
    min: 0,
    max: HOUR,
    unit: ms,
    about: 'How long a process that boots waits for a Postgres that does not answer yet.',
  }),
};

export const keys = {
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
};

export const egress = {
  allowCidrs: cidrs('POSTBACK_EGRESS_ALLOW_CIDRS', {
    about: 'Private addresses that webhooks and documents may come from or go to; lifts the name, port and address rules for them.',
  }),
  allowHttp: boolean('POSTBACK_EGRESS_ALLOW_HTTP', {
    default: false,
    about:
      'Allows `http://` for webhooks and documents. It opens no address: a private one needs its range in `POSTBACK_EGRESS_ALLOW_CIDRS` as well.',
  }),
};

export const process = {
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
};

export const otlp = {
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
};
