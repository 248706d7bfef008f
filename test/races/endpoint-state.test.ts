import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { endTasks } from '../../src/execution/end-task.js';
import { newId } from '../../src/platform/ids.js';
import type { Delivery } from '../../src/webhooks/delivery/claim-due.js';
import { type Finish, finishAttempts } from '../../src/webhooks/delivery/finish-attempts.js';
import { judge } from '../../src/webhooks/delivery/outcome.js';
import { changeEndpoint } from '../../src/webhooks/endpoints/change-endpoint.js';
import { moveAdHocEndpoint } from '../../src/webhooks/endpoints/move-ad-hoc-endpoint.js';
import { readOutboxRow } from '../../src/webhooks/outbox/read-outbox.js';
import { redeliver } from '../../src/webhooks/outbox/redeliver.js';
import { sweepOutbox } from '../../src/webhooks/outbox/sweep.js';
import { claimFromAll } from '../support/claim.js';
import { HeldLock } from '../support/held-lock.js';
import { dueRow, openParts, type Parts, queuedTask } from '../support/parts.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { sql } from '../support/service.js';

let database: TestDatabase;
let parts: Parts;

beforeAll(async () => {
  database = await createTestDatabase();
  parts = await openParts(database);
});

afterAll(async () => {
  await parts?.close();
  await database?.drop();
});

const sweep = () => sweepOutbox(parts.database, [], { heldMaxAgeMs: 86_400_000, maxLostStreak: 5, probeMs: 1_000, spreadMs: 0 });

const NEVER_OPENS = { minFailures: 1_000, minMs: 0, probeMs: 1_000, probeCapMs: 1_000 };
const finish = (finishes: Finish[]) => finishAttempts(parts.database, { sinks: [], breaker: NEVER_OPENS }, finishes, 0);

const rowOf = async (id: string) => (await sql(database, 'SELECT * FROM postback.webhook_outbox WHERE id = $1', [id]))[0]!;
const attemptsOf = (id: string) =>
  sql(database, 'SELECT attempt, outcome FROM postback.webhook_attempts WHERE outbox_id = $1 ORDER BY attempt', [id]);

const setEndpoint = (id: string, change: string) =>
  sql(
    database,
    `UPDATE postback.webhook_endpoints SET ${change} WHERE id = (SELECT endpoint_id FROM postback.webhook_outbox WHERE id = $1)`,
    [id],
  );

async function claimOne(id: string): Promise<Delivery> {
  const delivery = (await claimFromAll(parts.database, 50)).find((each) => each.id === id);
  if (delivery === undefined) throw new Error(`Row ${id} was not claimed.`);
  return delivery;
}

const attempt = (status: number): Finish['attempt'] => ({
  verdict: judge({ kind: 'response', status, headers: {}, excerpt: '', truncated: false, firstByteMs: 1, durationMs: 1, reused: false }),
  durationMs: 1,
  excerpt: null,
});
const delivered = (delivery: Delivery): Finish => ({
  delivery,
  attempt: attempt(200),
  next: { status: 'delivered', attemptsCharged: 0, insteadOf: null },
});
const rejected = (delivery: Delivery): Finish => ({
  delivery,
  attempt: attempt(500),
  next: { status: 'pending', attemptsCharged: 1, delayMs: 0 },
});

describe('pause and resume', () => {
  it('lose no row that is committed between them', async () => {
    const url = `http://127.0.0.1:9/${randomUUID()}`;
    const known = await dueRow(parts, database, url);
    await setEndpoint(known, "state = 'paused'");
    // a copy of the row, written by a transaction that is still open while the endpoint is swept and resumed
    const late = newId();
    const open = await HeldLock.take(
      database,
      `INSERT INTO postback.webhook_outbox (id, event_id, endpoint_id, tenant, task_id, url, secret_id, max_attempts)
       SELECT $2, $3, endpoint_id, tenant, task_id, url, secret_id, max_attempts FROM postback.webhook_outbox WHERE id = $1`,
      [known, late, newId()],
    );
    expect((await sweep()).held).toBe(1);
    await setEndpoint(known, "state = 'active'");
    await sweep();
    await open.release();
    const claimed = (await claimFromAll(parts.database, 50)).map(({ id }) => id);
    expect(claimed.sort()).toEqual([known, late].sort());
  });

  it('keep rows off the wire from the moment the pause is committed, swept or not', async () => {
    const id = await dueRow(parts, database);
    await setEndpoint(id, "state = 'paused'");
    expect((await claimFromAll(parts.database, 50)).map((each) => each.id)).not.toContain(id);
    await sweep();
    expect(await rowOf(id)).toMatchObject({ status: 'held', attempts: 0 });
    await setEndpoint(id, "state = 'active'");
    await sweep();
    expect(await rowOf(id)).toMatchObject({ status: 'pending', held_at: null, attempts_charged: 0 });
    await claimOne(id);
  });

  it('put a row on the shelf whose dispatcher died of something else, with its attempt written down', async () => {
    const id = await dueRow(parts, database);
    await claimOne(id);
    await setEndpoint(id, "state = 'paused'");
    await sweep();
    expect(await rowOf(id)).toMatchObject({ status: 'delivering' }); // its dispatcher may still finish it
    await sql(database, "UPDATE postback.webhook_outbox SET next_attempt_at = now() - interval '1 ms' WHERE id = $1", [id]);
    await sweep();
    expect(await rowOf(id)).toMatchObject({ status: 'held', lease_token: null, attempts: 1 });
    expect(await attemptsOf(id)).toEqual([{ attempt: 1, outcome: 'unknown' }]);
    await sweep(); // nothing is written twice
    expect(await attemptsOf(id)).toHaveLength(1);
  });

  it('let a request that was on its way finish', async () => {
    const id = await dueRow(parts, database);
    const delivery = await claimOne(id);
    await setEndpoint(id, "state = 'paused'");
    await finish([delivered(delivery)]);
    expect(await rowOf(id)).toMatchObject({ status: 'delivered' });
  });
});

describe('a new URL', () => {
  afterEach(() => sql(database, 'DELETE FROM postback.webhook_outbox')); // some are due, and others claim what is due

  const NEW = { url: 'http://127.0.0.1:9/new', origin: 'http://127.0.0.1:9' };
  const keyed = (url: string, id: string) => `${url}?token=${id}`;

  /** Each where it was, under its own query; the last one has arrived. */
  async function rowsOfOneEndpoint() {
    const url = `http://127.0.0.1:9/${randomUUID()}`;
    const at = { failing: '', pending: '', held: '', dead: '', delivered: '' };
    for (const name of Object.keys(at) as (keyof typeof at)[]) at[name] = await dueRow(parts, database, url);
    await sql(database, "UPDATE postback.webhook_outbox SET url = url || '?token=' || id WHERE id = ANY ($1)", [Object.values(at)]);
    const change = (id: string, set: string) => sql(database, `UPDATE postback.webhook_outbox SET ${set} WHERE id = $1`, [id]);
    await change(at.pending, "next_attempt_at = now() + interval '1 hour'");
    await change(at.held, "status = 'held', held_at = now()");
    await change(at.dead, "status = 'dead', dead_reason = 'exhausted', dead_at = now(), next_attempt_at = NULL");
    await change(at.delivered, "status = 'delivered', delivered_at = now(), next_attempt_at = NULL");
    return { url, at, endpointId: (await rowOf(at.failing)).endpoint_id as string, inFlight: await claimOne(at.failing) };
  }

  /** Where the next attempt of each goes: what rests is redelivered, what waits is due. */
  async function nextUrlsOf(at: Record<string, string>) {
    for (const id of [at.dead!, at.delivered!]) expect(await redeliver(parts.database, id)).toBe('queued');
    await sql(
      database,
      "UPDATE postback.webhook_outbox SET status = 'pending', held_at = NULL, next_attempt_at = now() - interval '1 ms' WHERE id = ANY ($1)",
      [Object.values(at)],
    );
    const urls = new Map((await claimFromAll(parts.database, 50)).map(({ id, url }) => [id, url]));
    return Object.fromEntries(Object.entries(at).map(([name, id]) => [name, urls.get(id)]));
  }

  it('of an ad-hoc endpoint is where everything goes that is sent from then on, also what fails at the old one just then', async () => {
    const { url, at, endpointId, inFlight } = await rowsOfOneEndpoint();
    expect(await parts.database.transaction((tx) => moveAdHocEndpoint(tx, endpointId, NEW))).toBe('moved');
    await finish([rejected(inFlight)]);
    expect((await rowOf(at.delivered)).url).toBe(keyed(url, at.delivered)); // that is where it went
    expect(await nextUrlsOf(at)).toEqual(Object.fromEntries(Object.entries(at).map(([name, id]) => [name, keyed(NEW.url, id)])));
    expect((await rowOf(at.held)).url).toBe(keyed(NEW.url, at.held));
    expect(await parts.database.transaction((tx) => moveAdHocEndpoint(tx, newId(), NEW))).toBe('unknown');
    const other = await rowOf(await dueRow(parts, database));
    expect(await parts.database.transaction((tx) => moveAdHocEndpoint(tx, other.endpoint_id as string, NEW))).toBe('taken');
  });

  it('of an ad-hoc endpoint is where the webhooks of tasks go that were submitted before', async () => {
    const url = `http://127.0.0.1:9/${randomUUID()}`;
    const taskId = await queuedTask(parts, { url: `${url}?task=1#?` });
    const [task] = await sql(database, 'SELECT webhook_endpoint_ids[1] AS endpoint FROM postback.tasks WHERE id = $1', [taskId]);
    const key = { ...NEW, url: `http://127.0.0.1:9/${randomUUID()}` };
    await parts.database.transaction((tx) => moveAdHocEndpoint(tx, task!.endpoint as string, key));
    const error = { code: 'canceled', message: 'The task was canceled.' };
    await endTasks(parts, [{ taskId, runToken: null, stage: 'canceled', result: null, error, charged: false, job: null }]);
    expect((await claimFromAll(parts.database, 50)).map((each) => each.url)).toEqual([`${key.url}?task=1`]);
  });

  it('of an ad-hoc endpoint is taken when a submit makes an endpoint there at that moment', async () => {
    const { endpoint_id: id } = await rowOf(await dueRow(parts, database));
    const key = { ...NEW, url: `http://127.0.0.1:9/${randomUUID()}` };
    const submit = await HeldLock.take(
      database,
      "INSERT INTO postback.webhook_endpoints (id, tenant, kind, url, origin) VALUES ($1, 'default', 'ad_hoc', $2, $3)",
      [newId(), key.url, key.origin],
    );
    const moving = parts.database.transaction((tx) => moveAdHocEndpoint(tx, id as string, key));
    await submit.blocked(1);
    await submit.release();
    expect(await moving).toBe('taken');
  });

  it('of a registered endpoint is the same to all of them, however many wait, without a lock on any', async () => {
    const { url, at, endpointId, inFlight } = await rowsOfOneEndpoint();
    await setEndpoint(at.failing, "kind = 'registered', secret_id = gen_random_uuid()");
    const others = await HeldLock.take(database, 'SELECT FROM postback.webhook_outbox WHERE endpoint_id = $1 FOR UPDATE', [endpointId]);
    const change = { target: NEW, settings: {} };
    expect(await parts.database.transaction((tx) => changeEndpoint(tx, parts.keyring, 'default', endpointId, change))).toBe(true);
    await others.release();
    await finish([rejected(inFlight)]);
    expect((await readOutboxRow(parts.database, at.pending))?.url).toBe(NEW.url); // as it is shown before it is claimed
    expect((await readOutboxRow(parts.database, at.delivered))?.url).toBe(keyed(url, at.delivered));
    expect(new Set(Object.values(await nextUrlsOf(at)))).toEqual(new Set([NEW.url]));
  });
});

describe('deleting an endpoint', () => {
  it('lets a request that was on its way finish, and ends what would have been tried again', async () => {
    const url = `http://127.0.0.1:9/${randomUUID()}`;
    const [first, second, waiting] = [
      await dueRow(parts, database, url),
      await dueRow(parts, database, url),
      await dueRow(parts, database, url),
    ];
    const claimed = await claimFromAll(parts.database, 50);
    const byId = (id: string) => claimed.find((each) => each.id === id)!;
    await sql(database, "UPDATE postback.webhook_outbox SET next_attempt_at = now() - interval '1 ms' WHERE id = $1", [waiting]);
    await setEndpoint(first, 'deleted_at = now()');
    await finish([delivered(byId(first)), rejected(byId(second))]);
    await sweep();
    expect(await rowOf(first)).toMatchObject({ status: 'delivered' });
    expect(await rowOf(second)).toMatchObject({ status: 'dead', dead_reason: 'endpoint_deleted' });
    expect(await rowOf(waiting)).toMatchObject({ status: 'dead', dead_reason: 'endpoint_deleted' });
    expect(await redeliver(parts.database, second)).toBe('endpoint_deleted');
  });
});

describe('redelivery', () => {
  it('waits for a claim that is under way, and then finds the row in flight', async () => {
    const id = await dueRow(parts, database);
    await sql(database, "UPDATE postback.webhook_outbox SET status = 'dead', dead_reason = 'exhausted', dead_at = now() WHERE id = $1", [
      id,
    ]);
    const claim = await HeldLock.take(
      database,
      "UPDATE postback.webhook_outbox SET status = 'delivering', dead_reason = NULL, lease_token = $2, claimed_at = now(), next_attempt_at = now() + interval '1 minute' WHERE id = $1",
      [id, newId()],
    );
    const asked = redeliver(parts.database, id);
    await claim.blocked(1);
    await claim.release();
    expect(await asked).toBe('in_flight');
  });

  it('of two at once, sends the row once', async () => {
    const id = await dueRow(parts, database);
    await sql(database, "UPDATE postback.webhook_outbox SET status = 'dead', dead_reason = 'exhausted', dead_at = now() WHERE id = $1", [
      id,
    ]);
    const answers = await Promise.all([redeliver(parts.database, id), redeliver(parts.database, id)]);
    expect(answers.sort()).toEqual(['queued', 'waiting_already']);
    expect((await claimFromAll(parts.database, 50)).filter((each) => each.id === id)).toHaveLength(1);
  });

  it('to a blocked endpoint is accepted and held', async () => {
    const id = await dueRow(parts, database);
    await sql(
      database,
      "UPDATE postback.webhook_outbox SET status = 'dead', attempts_charged = 11, dead_reason = 'exhausted', dead_at = now() WHERE id = $1",
      [id],
    );
    await setEndpoint(id, "state = 'paused'");
    expect(await redeliver(parts.database, id)).toBe('held');
    expect(await rowOf(id)).toMatchObject({ status: 'held', attempts_charged: 0, dead_reason: null, next_trigger: 'manual' });
    await setEndpoint(id, "state = 'active'");
    await sweep();
    expect(await rowOf(id)).toMatchObject({ status: 'pending', next_trigger: 'manual' });
  });
});

describe('two finishing batches in opposite order, and a pause between them', () => {
  it('never deadlock', async () => {
    const urls = Array.from({ length: 6 }, () => `http://127.0.0.1:9/${randomUUID()}`);
    const rounds = 10;
    for (let round = 0; round < rounds; round += 1) {
      const ids = await Promise.all([...urls, ...urls].map((url) => dueRow(parts, database, url)));
      const claimed = (await claimFromAll(parts.database, 50)).filter(({ id }) => ids.includes(id)).map(rejected);
      expect(claimed).toHaveLength(ids.length);
      const half = claimed.filter((_, index) => index % 2 === 0);
      const other = claimed.filter((_, index) => index % 2 === 1).reverse();
      // one endpoint each, as the API does it
      const pauses = urls.map((url) =>
        sql(database, "UPDATE postback.webhook_endpoints SET state_reason = 'touched' WHERE url = $1", [url]),
      );
      const finished = await Promise.all([finish(half), finish(other), sweep(), ...pauses]);
      expect(finished[0].rows.length + finished[1].rows.length).toBe(ids.length);
      await sql(
        database,
        "UPDATE postback.webhook_outbox SET status = 'dead', dead_reason = 'exhausted', next_attempt_at = NULL WHERE id = ANY ($1)",
        [ids],
      );
    }
  });
});
