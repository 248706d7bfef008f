import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '../../src/platform/ids.js';
import { eraseTask } from '../../src/tasks/erase-task.js';
import { purgeIdempotencyKeys, purgeTasks } from '../../src/tasks/purge-tasks.js';
import { retryTask } from '../../src/tasks/retry-task.js';
import { submitTasks } from '../../src/tasks/submit-tasks.js';
import { HeldLock } from '../support/held-lock.js';
import { dueRow, openParts, type Parts, queuedTask, submission } from '../support/parts.js';
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

/** A task that ended so many days ago, with one webhook in the given state. */
async function endedTask(days: number, change: string): Promise<string> {
  const row = await dueRow(parts, database);
  await sql(database, `UPDATE postback.webhook_outbox SET ${change} WHERE id = $1`, [row]);
  const [task] = await sql<{ id: string }>(
    database,
    `UPDATE postback.tasks SET finished_at = now() - $2 * interval '1 day'
      WHERE id = (SELECT task_id FROM postback.webhook_outbox WHERE id = $1) RETURNING id`,
    [row, days],
  );
  return task!.id;
}

const DELIVERED = "status = 'delivered', delivered_at = now()";
const left = async (ids: string[]) =>
  (await sql<{ id: string }>(database, 'SELECT id FROM postback.tasks WHERE id = ANY ($1)', [ids])).map(({ id }) => id).sort();

describe('retention of tasks', () => {
  it('removes what ended long ago, with events, and keeps what is younger, has not ended, or whose webhook waits', async () => {
    const gone = [await endedTask(31, DELIVERED), await endedTask(31, "status = 'dead', dead_at = now(), dead_reason = 'exhausted'")];
    const kept = [
      await endedTask(29, DELIVERED),
      await endedTask(400, 'held_at = NULL'), // pending
      await endedTask(400, "status = 'held', held_at = now()"),
      await endedTask(400, "status = 'delivering', lease_token = gen_random_uuid()"),
      await queuedTask(parts),
    ];
    expect(await purgeTasks(parts.database, 30)).toBe('done');
    expect(await left([...gone, ...kept])).toEqual([...kept].sort());
    expect(await sql(database, 'SELECT FROM postback.task_events WHERE task_id = ANY ($1)', [gone])).toEqual([]);
  });

  it('takes fewer tasks at a time when they have many events, and in the end all', async () => {
    const tasks = [await endedTask(33, DELIVERED), await endedTask(32, DELIVERED), await endedTask(31, DELIVERED)];
    // $1 events more each, as many as a task may have
    await sql(
      database,
      `INSERT INTO postback.task_events (id, task_id, seq, type)
       SELECT gen_random_uuid(), t.id, t.last_seq + n, 'task.progress' FROM postback.tasks t, generate_series(1, $1) n WHERE t.id = ANY ($2)`,
      [10_000, tasks],
    );
    await sql(database, 'UPDATE postback.tasks SET last_seq = last_seq + $1 WHERE id = ANY ($2)', [10_000, tasks]);
    expect(await purgeTasks(parts.database, 30)).toBe('more');
    expect(await left(tasks)).toEqual([tasks[2]]);
    expect(await purgeTasks(parts.database, 30)).toBe('done');
    expect(await left(tasks)).toEqual([]);
  });

  it('passes over a task that somebody holds at that moment', async () => {
    const id = await endedTask(31, DELIVERED);
    const held = await HeldLock.take(database, 'SELECT FROM postback.tasks WHERE id = $1 FOR SHARE', [id]);
    await purgeTasks(parts.database, 30);
    await held.release();
    expect(await left([id])).toEqual([id]);
  });
});

describe('retention of Idempotency-Keys', () => {
  it('removes the expired ones only, and a key may be used anew before and after', async () => {
    const withKey = (key: string) => submission({ idempotency: { key, fingerprint: Buffer.from(key), ttlMs: 60_000 } });
    await submitTasks(parts.database, parts, ['old', 'young', 'taken-over'].map(withKey));
    await sql(database, "UPDATE postback.idempotency_keys SET expires_at = now() WHERE key IN ('old', 'taken-over')");
    // a submit that takes the expired record over, and has not committed yet
    const taker = await HeldLock.take(
      database,
      "UPDATE postback.idempotency_keys SET expires_at = now() + interval '1 day' WHERE key = 'taken-over'",
    );
    expect(await purgeIdempotencyKeys(parts.database)).toBe('done');
    await taker.release();
    const keys = await sql<{ key: string }>(database, 'SELECT key FROM postback.idempotency_keys ORDER BY key');
    expect(keys.map(({ key }) => key)).toEqual(['taken-over', 'young']);
    expect(await submitTasks(parts.database, parts, [withKey('old')])).toMatchObject([{ kind: 'created' }]);
  });
});

describe('an erasure', () => {
  const retryOf = (retriedFrom: string) => ({ taskId: newId(), tenant: 'default', retriedFrom, idempotency: null, response: '{}' });

  it('and a retry at the same moment wait for each other: the retry has the input, or is told that it is gone', async () => {
    const id = await endedTask(0, DELIVERED);
    const erasing = await HeldLock.take(database, 'UPDATE postback.tasks SET input = NULL, erased_at = now() WHERE id = $1', [id]);
    const retrying = retryTask(parts.database, retryOf(id));
    await erasing.blocked(1);
    await erasing.release();
    expect(await retrying).toEqual({ kind: 'erased' });
  });

  it('takes away the lease of what is being sent, and leaves a row that arrived once as delivered', async () => {
    const sending = await endedTask(0, "status = 'delivering', lease_token = gen_random_uuid()");
    const again = await endedTask(0, "status = 'delivering', lease_token = gen_random_uuid(), delivered_at = now()");
    for (const id of [sending, again]) expect(await eraseTask(parts.database, 'default', id)).toBe('erased');
    const rows = await sql(database, 'SELECT task_id, status, lease_token FROM postback.webhook_outbox WHERE task_id = ANY ($1)', [
      [sending, again],
    ]);
    expect(rows).toEqual([{ task_id: again, status: 'delivered', lease_token: null }]);
  });
});
