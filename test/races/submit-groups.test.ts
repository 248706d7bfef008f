import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConnectionLost, Database } from '../../src/platform/database/database.js';
import { ensureApiKey } from '../../src/platform/http/api-keys.js';
import { submitGroup } from '../../src/tasks/submit-group.js';
import { SubmitLine } from '../../src/tasks/submit-line.js';
import { type Submission, submitTasks } from '../../src/tasks/submit-tasks.js';
import { eventually } from '../support/eventually.js';
import { HeldLock } from '../support/held-lock.js';
import { openParts, type Parts, submission } from '../support/parts.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { type Answered, call, sql, startService } from '../support/service.js';

const OTHER_TENANTS_KEY = 'key-of-another-tenant';

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

describe('a group of submits', () => {
  it('leaves one task each, and the same answers, when its COMMIT is carried out and its answer lost', async () => {
    const key = (name: string) => ({ key: name, fingerprint: Buffer.from('the request'), ttlMs: 60_000 });
    const first = submission({ idempotency: key('unknown-commit') });
    const group = [first, submission(), submission({ idempotency: key('unknown-commit') })];
    let lost = 0;
    const forgetful = {
      pipelined: async (work: Parameters<Database['pipelined']>[0]) => {
        const result = await parts.database.pipelined(work);
        if (lost++ === 0) throw new ConnectionLost(null);
        return result;
      },
    } as Database;
    const results = await submitGroup({ write: (some) => submitTasks(forgetful, parts, some), monotonic: () => 0 }, group);
    expect(results).toEqual([
      { kind: 'created', taskId: first.taskId, response: first.response },
      { kind: 'created', taskId: group[1]!.taskId, response: group[1]!.response },
      { kind: 'replayed', taskId: first.taskId, response: first.response },
    ]);
    expect(lost).toBe(2);
    expect(await stored(group)).toEqual([group[0]!.taskId, group[1]!.taskId].sort());
  });

  it('stores all but the one that Postgres will not take', async () => {
    // the door refuses it; this is the net behind the door
    const group = [submission(), submission({ metadata: { bad: '\ud800' }, webhook: null, traceparent: 'a\0b' }), submission()];
    const results = await submitGroup({ write: (some) => submitTasks(parts.database, parts, some), monotonic: () => 0 }, group);
    expect(results.map(({ kind }) => kind)).toEqual(['created', 'error', 'created']);
    expect(await stored(group)).toEqual([group[0]!.taskId, group[2]!.taskId].sort());
  });

  it('is repeated when it is chosen as the victim of a deadlock', async () => {
    const url = (n: number) => `http://127.0.0.1:9/deadlock/${n}`;
    const key = { key: 'deadlock', fingerprint: Buffer.from('x'), ttlMs: 60_000 };
    // the other one holds the endpoint that the group wants, and then wants the key that the group holds
    const other = await HeldLock.take(
      database,
      "SET LOCAL deadlock_timeout = '10s'; INSERT INTO postback.webhook_endpoints (id, tenant, kind, url, origin) VALUES (gen_random_uuid(), 'default', 'ad_hoc', 'http://127.0.0.1:9/deadlock/1', 'http://127.0.0.1:9')",
    );
    const group = [submission({ url: url(1), idempotency: key })];
    const submitting = submitGroup({ write: (some) => submitTasks(parts.database, parts, some), monotonic: () => 0 }, group);
    await other.blocked(1);
    const wanting = other.run(
      "INSERT INTO postback.idempotency_keys (tenant, key, fingerprint, task_id, response, expires_at) VALUES ('default', 'deadlock', '', gen_random_uuid(), '', now() - interval '1 day')",
    );
    await wanting; // the group was the victim: its key is free
    await other.release();
    expect(await submitting).toMatchObject([{ kind: 'created', taskId: group[0]!.taskId }]);
    expect(await stored(group)).toHaveLength(1);
  });
});

describe('the line of submits', () => {
  it('writes what came while groups were under way with one commit, and refuses with 503 what finds it full', async () => {
    const service = await startService(database, { POSTBACK_ROLES: 'api', POSTBACK_SUBMIT_QUEUE_MAX: '20' });
    const submit = () => call('POST', `${service.url}/agent/echo`, { body: { payload: 1 } });
    await ensureApiKey(service.app.get(Database), { tenant: 'other', name: 'other', scopes: ['submit'], key: OTHER_TENANTS_KEY });
    const lock = await HeldLock.take(database, 'LOCK TABLE postback.tasks IN EXCLUSIVE MODE');
    const early = [];
    for (let groups = 1; groups <= 4; groups += 1) {
      early.push(submit());
      await lock.blocked(groups); // alone: it did not wait for company
    }
    const answered: Answered[] = [];
    const late = Array.from({ length: 30 }, async () => answered.push(await submit()));
    await eventually(async () => answered.length === 10, 'what finds the line full to be refused');
    expect(answered.map(({ status, body }) => [status, body.code])).toEqual(Array(10).fill([503, 'queue_full']));
    expect(answered[0]!.headers.get('retry-after')).toBe('1');
    // the flood fills the line for itself: another tenant gets in, and into the next group
    const other = call('POST', `${service.url}/agent/echo`, { body: { payload: 1 }, key: OTHER_TENANTS_KEY });
    await eventually(async () => service.app.get(SubmitLine).length === 21, 'the submit of another tenant to wait in the line');
    expect((await submit()).status).toBe(503);
    await lock.release();
    expect((await other).status).toBe(202);
    await Promise.all(late);
    const waited = answered.slice(10);
    expect(waited.map(({ status }) => status)).toEqual(Array(20).fill(202));
    expect((await Promise.all(early)).map(({ status }) => status)).toEqual([202, 202, 202, 202]);
    const [{ commits }] = (await sql(
      database,
      'SELECT count(DISTINCT xmin::text)::int AS commits FROM postback.tasks WHERE id = ANY ($1)',
      [waited.map(({ body }) => body.task_id)],
    )) as [{ commits: number }];
    expect(commits).toBe(1);
    expect((await submit()).status).toBe(202);
    await service.stop();
  });
});

const ids = (group: readonly Submission[]) => group.map(({ taskId }) => taskId);

async function stored(group: readonly Submission[]): Promise<string[]> {
  const rows = await sql<{ id: string }>(database, 'SELECT id FROM postback.tasks WHERE id = ANY ($1)', [ids(group)]);
  return rows.map(({ id }) => id).sort();
}
