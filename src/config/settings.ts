import { boolean, choices, type Setting, text } from './setting.js';
import { alerts } from './settings/alerts.js';
import { delivery, retention, retry } from './settings/delivery.js';
import { http } from './settings/http.js';
import { database, egress, keys, log, otlp, process } from './settings/platform.js';
import { documents, idempotency, llm, streams, submit, tasks, worker } from './settings/tasks.js';

/** `POSTBACK_PUBLIC_URL` when neither it nor a port is given: the port is known once the service listens. */
export const UNKNOWN_PORT_URL = 'http://localhost:0';

/**
 * Every setting there is. One entry adds one: it appears in the `Config` type at its place in this tree, in `npm run config`,
 * in the table of docs/settings.md and in the "did you mean" of unknown names. Rules between settings are in `check-config.ts`.
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
  http,
  log,
  database,
  keys,
  egress,
  retry,
  delivery,
  worker,
  process,
  documents,
  streams,
  submit,
  tasks,
  idempotency,
  retention,
  alerts,
  otlp,
  llm,
};

/** The table as a flat list, in its own order. */
export const allSettings: readonly Setting<unknown>[] = Object.values(settings).flatMap((entry) =>
  isSetting(entry) ? [entry] : (Object.values(entry) as Setting<unknown>[]),
);

export function isSetting(entry: object): entry is Setting<unknown> {
  return 'parse' in entry && 'name' in entry;
}
