import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ensureApiKey } from '../../src/platform/http/api-keys.js';
import { type Submission, submitTasks } from '../../src/tasks/submit-tasks.js';
import { HeldLock } from '../support/held-lock.js';
import { openParts, type Parts, submission } from '../support/parts.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { RawClient } from '../support/raw-client.js';
import { type Answered, API_KEY, call, sql, startService } from '../support/service.js';

const OTHER_TENANTS_KEY = 'key-of-another-tenant';

let database: TestDatabase;
let service: Awaited<ReturnType<typeof startService>>;
let a: Parts;
let b: Parts;

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startService(database, { POSTBACK_ROLES: 'api' });
  [a, b] = [await openParts(database), await openParts(database)];
  await ensureApiKey(a.database, { tenant: 'other', name: 'other', scopes: ['submit', 'read'], key: OTHER_TENANTS_KEY });
});

afterAll(async () => {
  await a?.close();
  await b?.close();
  await service?.stop();
  await database?.drop();
});

describe('the same Idempotency-Key over HTTP', () => {
  it('makes one task of 100 equal submits at once, and gives 100 equal answers', async () => {
    const before = await countTasks();
    const answers = await Promise.all(Array.from({ length: 100 }, () => submit('hundred', { payload: { n: 1 } })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(new Set(answers.map(({ headers }) => headers.get('location')))).toEqual(new Set([answers[0]!.body.links.self]));
    expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true')).toHaveLength(99);
    expect(await countTasks()).toBe(before + 1);
  });

  it('makes one task for a client that is gone before the answer and asks again', async () => {
    const before = await countTasks();
    const body = JSON.stringify({ payload: 'gone' });
    const lock = await HeldLock.take(database, 'LOCK TABLE postback.tasks IN ACCESS EXCLUSIVE MODE');
    const client = await RawClient.connect(service.url);
    await client.write(
      `POST /agent/echo HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${API_KEY}\r\nIdempotency-Key: gone\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await lock.blocked(1);
    client.close();
    const again = submit('gone', body);
    await lock.blocked(2);
    await lock.release();
    expect(await again).toMatchObject({ status: 202 });
    expect(await countTasks()).toBe(before + 1);
  });

  it('has its first answer also when no more tasks of the tenant are let in', async () => {
    const full = await startService(database, { POSTBACK_ROLES: 'api', POSTBACK_TENANT_MAX_QUEUED: '1' });
    const post = (key: string, payload: unknown) =>
      call('POST', `${full.url}/agent/echo`, { key: 'key-of-a-full-tenant', body: { payload }, headers: { 'idempotency-key': key } });
    await ensureApiKey(a.database, { tenant: 'full', name: 'full', scopes: ['submit', 'read'], key: 'key-of-a-full-tenant' });
    const first = await post('first', 1);
    expect(first.status).toBe(202);
    expect(await post('second', 2)).toMatchObject({ status: 429, body: { code: 'queue_full' } });
    const again = await post('first', 1);
    expect([again.status, again.text, again.headers.get('idempotency-replayed')]).toEqual([202, first.text, 'true']);
    expect((await post('first', 2)).body.code).toBe('idempotency_mismatch');
    // the record is over: it is another request now, and finds no place
    await sql(database, "UPDATE postback.idempotency_keys SET expires_at = now() WHERE key = 'first' AND tenant = 'full'");
    expect((await post('first', 1)).status).toBe(429);
    await full.stop();
  });

  it('makes one task of equal submits that are held up at the very record', async () => {
    const lock = await HeldLock.take(database, 'LOCK TABLE postback.tasks IN ACCESS EXCLUSIVE MODE');
    const submits = [];
    for (const waiting of [1, 2, 3]) {
      submits.push(submit('held-up', { payload: 1 }));
      await lock.blocked(waiting); // one at the table, two at its uncommitted record
    }
    await lock.release();
    const answers = await Promise.all(submits);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers.map(({ headers }) => headers.get('idempotency-replayed')).sort()).toEqual([null, 'true', 'true'].sort());
  });

  it('takes the order of keys and white space for the same body', async () => {
    const first = await submit('order', '{"payload": {"a": 1, "b": [2]}, "delay_ms": 0}');
    const again = await submit('order', '{"delay_ms":0,"payload":{"b":[2],"a":1.0}}');
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.text).toBe(first.text);
  });

  it.each([
    ['another body', '/agent/echo', { payload: 2 }],
    ['another metadata', '/agent/echo', { payload: 1, metadata: { a: 1 } }],
    ['another secret', '/agent/echo', { payload: 1, webhook_url: 'http://127.0.0.1:9/x', webhook_secret: 'another secret' }],
    ['another type', '/agent/analyze-document', { document_url: 'http://127.0.0.1:9/x.pdf', analysis_type: 'ip_clauses' }],
  ])('is refused for %s, and nothing is stored', async (_, path, body) => {
    const first = await submit('mismatch', { payload: 1 });
    const before = await countTasks();
    const refused = await call('POST', `${service.url}${path}`, { body, headers: { 'idempotency-key': 'mismatch' } });
    expect(refused.status).toBe(422);
    expect(refused.body).toMatchObject({ code: 'idempotency_mismatch' });
    expect(await countTasks()).toBe(before);
    expect((await submit('mismatch', { payload: 1 })).text).toBe(first.text);
  });

  it('is another key for another tenant', async () => {
    const mine = await submit('shared', { payload: 1 });
    const theirs = await submit('shared', { payload: 2 }, OTHER_TENANTS_KEY);
    expect(theirs.status).toBe(202);
    expect(theirs.body.task_id).not.toBe(mine.body.task_id);
    expect(theirs.headers.get('idempotency-replayed')).toBeNull();
  });

  it('may be used anew once its record has expired', async () => {
    const first = await submit('expires', { payload: 1 });
    await sql(database, "UPDATE postback.idempotency_keys SET expires_at = now() WHERE key = 'expires'");
    const second = await submit('expires', { payload: 2 });
    expect(second.status).toBe(202);
    expect(second.body.task_id).not.toBe(first.body.task_id);
    expect((await submit('expires', { payload: 2 })).text).toBe(second.text);
  });
});

describe('the same Idempotency-Keys in groups of submits', () => {
  // Somebody else has inserted the middle row and not committed. Taken in the order given, one group would hold all rows before
  // it and the other all rows behind it by the time that row becomes free, and neither could go on.
  it.each([
    ['idempotency records', true, (n: number) => holdKey(`group-${n}`)],
    ['endpoints', false, (n: number) => holdEndpoint(`http://127.0.0.1:9/shared/${n}`)],
    ['secrets', false, (n: number) => holdSecret(`secret of group ${n}`)],
  ])('do not deadlock over their %s in opposite orders', async (what, keyed, hold) => {
    const group = () => Array.from({ length: 30 }, (_, n) => memberOf(what, n, keyed));
    const lock = await hold(15);
    const submits = [submitTasks(a.database, a, group()), submitTasks(b.database, b, group().reverse())];
    await lock.blocked(2);
    await lock.undo();
    const [first, second] = await Promise.all(submits);
    const kinds = [first!, second!].map((answers) => [...new Set(answers.map(({ kind }) => kind))].join());
    expect(kinds.sort()).toEqual(keyed ? ['created', 'replayed'] : ['created', 'created']);
    if (keyed) expect(second!.reverse().map(idOf)).toEqual(first!.map(idOf));
  });

  it('make one task of the same key twice within one group', async () => {
    const [first, again, other] = [withKey('twice'), withKey('twice'), withKey('twice', { fingerprint: 'another request' })];
    const before = await countTasks();
    expect(await submitTasks(a.database, a, [first, again, other])).toEqual([
      { kind: 'created', taskId: first.taskId, response: first.response },
      { kind: 'replayed', taskId: first.taskId, response: first.response },
      { kind: 'mismatch' },
    ]);
    expect(await countTasks()).toBe(before + 1);
  });
});

function submit(key: string, body: unknown, apiKey?: string): Promise<Answered> {
  return call('POST', `${service.url}/agent/echo`, { body, headers: { 'idempotency-key': key }, ...(apiKey && { key: apiKey }) });
}

function withKey(key: string, { url, fingerprint = 'the request' }: { url?: string; fingerprint?: string } = {}): Submission {
  return submission({ ...(url && { url }), idempotency: { key, fingerprint: Buffer.from(fingerprint), ttlMs: 60_000 } });
}

/** The nth submit of a group whose members meet only in `what`. */
function memberOf(what: string, n: number, keyed: boolean): Submission {
  const member = submission({ url: what === 'endpoints' ? `http://127.0.0.1:9/shared/${n}` : 'http://127.0.0.1:9/one' });
  if (what === 'secrets') member.webhook!.secret = `secret of group ${n}`;
  return keyed ? { ...member, idempotency: { key: `group-${n}`, fingerprint: Buffer.from('the request'), ttlMs: 60_000 } } : member;
}

const holdKey = (key: string) =>
  HeldLock.take(
    database,
    `INSERT INTO postback.idempotency_keys (tenant, key, fingerprint, task_id, response, expires_at)
     VALUES ('default', $1, '', gen_random_uuid(), '', now() + interval '1 day')`,
    [key],
  );

const holdEndpoint = (url: string) =>
  HeldLock.take(
    database,
    "INSERT INTO postback.webhook_endpoints (id, tenant, kind, url, origin) VALUES (gen_random_uuid(), 'default', 'ad_hoc', $1, 'http://127.0.0.1:9')",
    [url],
  );

const holdSecret = (secret: string) =>
  HeldLock.take(
    database,
    "INSERT INTO postback.webhook_secrets (id, tenant, fingerprint, sealed, master_key_id) VALUES (gen_random_uuid(), 'default', $1, '', '')",
    [a.keyring.fingerprint('webhook-secret', 'default', secret)],
  );

const idOf = (submitted: object) => ('taskId' in submitted ? submitted.taskId : null);

async function countTasks(): Promise<number> {
  const [row] = await sql<{ n: number }>(database, 'SELECT count(*)::int AS n FROM postback.tasks');
  return row!.n;
}
