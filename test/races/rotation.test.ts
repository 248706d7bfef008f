import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { endTasks } from '../../src/execution/end-task.js';
import { changeEndpoint } from '../../src/webhooks/endpoints/change-endpoint.js';
import { registerEndpoint } from '../../src/webhooks/endpoints/register-endpoint.js';
import { rotateSecret } from '../../src/webhooks/endpoints/rotate-secret.js';
import { claimFromAll } from '../support/claim.js';
import { HeldLock } from '../support/held-lock.js';
import { openParts, type Parts, queuedTask } from '../support/parts.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { sql } from '../support/service.js';

const TENANT = 'default';
const OLD_URL = 'http://127.0.0.1:9/old';
const NEW = { url: 'http://127.0.0.1:9/new', origin: 'http://127.0.0.1:9' };

let database: TestDatabase;
let a: Parts;
let b: Parts;

beforeAll(async () => {
  database = await createTestDatabase();
  [a, b] = await Promise.all([openParts(database), openParts(database)]);
});

afterAll(async () => {
  await a?.close();
  await b?.close();
  await database?.drop();
});

describe('two rotations of one secret at once', () => {
  it('come one after the other: the later one signs, and the earlier one is its predecessor', async () => {
    const { id, outcomes } = await rotateAtOnce('the second secret', 'the other second secret');
    expect(outcomes).toEqual(['rotated', 'rotated']);
    expect(new Set(await secretsOf(id))).toEqual(new Set(['the second secret', 'the other second secret']));
  });

  it('to the same secret are one, and the former goes on signing along', async () => {
    const { id, outcomes } = await rotateAtOnce('the second secret', 'the second secret');
    expect(outcomes.sort()).toEqual(['rotated', 'same_secret']);
    expect(new Set(await secretsOf(id))).toEqual(new Set(['the first secret', 'the second secret']));
  });

  async function rotateAtOnce(...secrets: [string, string]) {
    const id = await register('the first secret');
    const lock = await HeldLock.take(database, 'SELECT FROM postback.webhook_endpoints WHERE id = $1 FOR UPDATE', [id]);
    const rotations = [a, b].map((parts, index) =>
      parts.database.transaction((tx) =>
        rotateSecret(tx, parts.keyring, { tenant: TENANT, id }, { secret: secrets[index]!, overlapSeconds: 60 }),
      ),
    );
    await lock.blocked(2);
    await lock.release();
    return { id, outcomes: (await Promise.all(rotations)).map(({ kind }) => kind) };
  }
});

describe('a new URL while a task ends', () => {
  it('waits for nobody, and leads the row that is being written under the old one', async () => {
    const id = await register('a secret');
    const taskId = await queuedTask(a, { webhook: null, endpointIds: [id] });
    const lock = await HeldLock.take(database, 'LOCK TABLE postback.webhook_outbox IN SHARE MODE'); // nobody can insert
    const end = endTasks(a, [canceled(taskId)]);
    await lock.blocked(1); // it has read the URL
    await b.database.transaction((tx) => changeEndpoint(tx, b.keyring, TENANT, id, { target: NEW, settings: {} }));
    await lock.release();
    await end;
    expect((await claimFromAll(a.database, 1)).map(({ url }) => url)).toEqual([NEW.url]);
  });
});

async function register(secret: string): Promise<string> {
  const settings = {
    description: null,
    events: null,
    headers: null,
    timeout_ms: null,
    retry: null,
    max_in_flight: null,
    rate_per_second: null,
  };
  const wanted = { url: OLD_URL, origin: NEW.origin, settings, secret };
  const { id } = await a.database.transaction((tx) => registerEndpoint(tx, a.keyring, TENANT, wanted));
  return id;
}

const canceled = (taskId: string) => ({
  taskId,
  runToken: null,
  stage: 'canceled' as const,
  result: null,
  error: { code: 'canceled', message: 'The task was canceled.' },
  charged: false,
  job: null,
});

/** The present secret and the one before it. */
async function secretsOf(endpointId: string): Promise<string[]> {
  const rows = await sql<{ id: string; sealed: Buffer }>(
    database,
    `SELECT s.id, s.sealed FROM postback.webhook_endpoints e JOIN postback.webhook_secrets s ON s.id IN (e.secret_id, e.previous_secret_id) WHERE e.id = $1`,
    [endpointId],
  );
  return rows.map(({ id, sealed }) => a.keyring.open('webhook_secrets', TENANT, id, sealed));
}
