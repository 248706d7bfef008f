import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dueRow, openParts, type Parts, queuedTask } from '../support/parts.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { ADMIN_KEY, call, sql, startService } from '../support/service.js';

/** More than two pages of two. */
const ROWS = 5;
/** When all rows here were made, to the microsecond: a page that ends between two of them must not cut there by the time alone. */
const SECOND = Math.floor(Date.now() / 1_000 - 3_600) * 1_000;
const at = (ms: number) => new Date(SECOND + ms).toISOString();
const MOMENT = at(123).replace('Z', '456Z');

let database: TestDatabase;
let parts: Parts;
let service: Awaited<ReturnType<typeof startService>>;

beforeAll(async () => {
  database = await createTestDatabase();
  parts = await openParts(database);
  service = await startService(database, { POSTBACK_ROLES: 'api' }); // nothing moves by itself
  for (let n = 0; n < ROWS; n += 1) await dueRow(parts, database);
  for (let n = 0; n < ROWS; n += 1) await queuedTask(parts, { url: 'http://127.0.0.1:9/queued' });
  for (let n = 0; n < ROWS; n += 1) await sql(database, "SELECT postback.redeliver_where(tenant => 'nobody')");
  for (const table of ['webhook_outbox', 'webhook_endpoints', 'tasks', 'redelivery_batches'])
    await sql(database, `UPDATE postback.${table} SET created_at = '${MOMENT}'`);
});

afterAll(async () => {
  await service?.stop();
  await parts?.close();
  await database?.drop();
});

const ask = (route: string) => call('GET', `${service.url}/admin/${route}`, { key: ADMIN_KEY });

/** All items, page by page; also how many pages there were. */
// biome-ignore lint/suspicious/noExplicitAny: items as they are
async function walk(route: string): Promise<{ items: any[]; pages: number }> {
  const items = [];
  for (let [cursor, pages] = ['', 1]; ; pages += 1) {
    const { status, body } = await ask(`${route}${route.includes('?') ? '&' : '?'}limit=2${cursor && `&cursor=${cursor}`}`);
    expect([route, status]).toEqual([route, 200]);
    items.push(...body.items);
    if (body.next_cursor === null) return { items, pages };
    cursor = body.next_cursor;
  }
}

describe('the pages of', () => {
  it.each([
    ['outbox', ROWS],
    ['tasks', 2 * ROWS],
    ['endpoints', ROWS + 1],
    ['redeliveries', ROWS],
  ])('%s miss and repeat nothing, though all were made at one moment', async (route, count) => {
    const { items, pages } = await walk(route);
    expect([items.length, new Set(items.map(({ id, task_id }) => id ?? task_id)).size]).toEqual([count, count]);
    expect(pages).toBe(Math.ceil(count / 2));
  });
});

describe('the outbox', () => {
  const ids: string[] = [];
  let one: Record<string, string>;
  const filters = () => ({
    status: 'dead',
    endpoint_id: one.endpoint_id!,
    tenant: 'acme',
    task_id: one.task_id!,
    event_type: 'task.canceled',
    dead_reason: 'gone',
    status_code: '410',
    since: MOMENT,
    until: at(124),
    error: 'It answered 410 Gone.',
  });

  /** One row that all filters fit; of the others, each is like it in all but one. */
  beforeAll(async () => {
    const rows = await sql<{ id: string }>(database, 'SELECT id FROM postback.webhook_outbox ORDER BY id');
    ids.push(...rows.map(({ id }) => id));
    await sql(
      database,
      `UPDATE postback.webhook_outbox SET status = 'dead', dead_reason = 'gone', dead_at = now(), next_attempt_at = NULL, last_status_code = 410,
              last_error = 'It answered 410 Gone.', tenant = 'acme', created_at = '${MOMENT}'`,
    );
    const differ = ["tenant = 'other'", "dead_reason = 'exhausted'", 'last_status_code = 500', 'last_error = NULL'];
    for (const [n, set] of differ.entries()) await sql(database, `UPDATE postback.webhook_outbox SET ${set} WHERE id = $1`, [ids[n + 1]]);
    one = (
      await sql<Record<string, string>>(database, 'SELECT endpoint_id, task_id FROM postback.webhook_outbox WHERE id = $1', [ids[0]])
    )[0]!;
  });

  const found = async (filter: Record<string, string>) =>
    (await walk(`outbox?${new URLSearchParams(filter)}`)).items.map(({ id }) => ids.indexOf(id)).sort();

  it('is filtered by each of its fields', async () => {
    const counts: Record<string, number[]> = {};
    for (const [name, value] of Object.entries(filters())) counts[name] = await found({ [name]: value });
    expect(counts).toEqual({
      status: [0, 1, 2, 3, 4],
      endpoint_id: [0],
      tenant: [0, 2, 3, 4],
      task_id: [0],
      event_type: [0, 1, 2, 3, 4],
      dead_reason: [0, 1, 3, 4],
      status_code: [0, 1, 2, 4],
      since: [0, 1, 2, 3, 4],
      until: [0, 1, 2, 3, 4],
      error: [0, 1, 2, 3],
    });
    expect(await found({ error: '' })).toEqual([4]);
    expect(await found({ status: 'pending' })).toEqual([]);
    expect(await found({ event_type: 'task.completed' })).toEqual([]);
    expect(await found({ since: at(124) })).toEqual([]);
    expect(await found({ until: MOMENT })).toEqual([]);
  });

  it('shows what fits all that are given', async () => {
    const { endpoint_id: _, task_id: __, ...wide } = filters();
    expect(await found(wide)).toEqual([0]);
    expect(await found(filters())).toEqual([0]);
    expect(await found({ dead_reason: 'gone', status_code: '410' })).toEqual([0, 1, 4]);
    expect(await found({ ...filters(), tenant: 'other' })).toEqual([]);
  });

  it('is redelivered by the same filters', async () => {
    const { status: _, status_code, ...filter } = filters();
    const count = async (more: object) => {
      const body = { filter: { ...filter, status_code: Number(status_code), ...more }, dry_run: true };
      return (await call('POST', `${service.url}/admin/redeliveries`, { key: ADMIN_KEY, body })).body.count;
    };
    expect(await count({})).toBe(1);
    expect(await count({ endpoint_id: undefined, task_id: undefined })).toBe(1);
    expect(await count({ endpoint_id: undefined, task_id: undefined, dead_reason: undefined })).toBe(2);
    expect(await count({ endpoint_id: undefined, task_id: undefined, ids: ids.slice(1) })).toBe(0);
  });
});

describe('tasks', () => {
  beforeAll(async () => {
    const tasks = await sql<{ id: string }>(database, "SELECT id FROM postback.tasks WHERE status = 'queued' ORDER BY id");
    await sql(database, "UPDATE postback.tasks SET status = 'running', run_token = gen_random_uuid(), started_at = now() WHERE id = $1", [
      tasks[0]!.id,
    ]);
  });

  it('are filtered by their stage, which tells apart what is queued and what runs', async () => {
    const { items: processing } = await walk('tasks?status=processing');
    const { items: running } = await walk('tasks?stage=running');
    const { items: queued } = await walk('tasks?stage=queued');
    expect(running.map(({ status, stage }) => [status, stage])).toEqual([['processing', 'running']]);
    expect(queued.map(({ stage }) => stage)).toEqual(queued.map(() => 'queued'));
    expect(queued.length + running.length).toBe(processing.length);
    expect((await walk('tasks?status=completed&stage=running')).items).toEqual([]);
    expect((await ask('tasks?stage=processing')).body).toMatchObject({ code: 'validation_failed', errors: [{ field: 'stage' }] });
  });
});
