import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger } from '../../src/platform/logging/logger.js';
import { readDoc, sourceFiles } from '../docs/read-doc.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { Receiver } from '../support/receiver.js';
import { call, startService } from '../support/service.js';

const page = readDoc('docs/events.md');
const logs = page.split('\n## Metrics\n')[0]!;
/** Fields by event, from both tables. */
const listed = new Map(
  [...logs.matchAll(/^\| `([\w.]+)` \|([^|]*)\|([^|]*)\|/gm)].map(([, event, , fields]) => [
    event!,
    [...fields!.matchAll(/`(\w+)`/g)].map((match) => match[1]!),
  ]),
);
const ALWAYS = ['level', 'time', 'event', 'msg'];

describe('docs/events.md', () => {
  it('lists every event that the code logs, and no other', () => {
    const logged = sourceFiles.flatMap(({ text }) => [...text.matchAll(/\bevent: '([a-z_]+\.[a-z_]+)'/g)].map((match) => match[1]!));
    expect([...listed.keys()].sort()).toEqual([...new Set(logged)].sort());
  });

  it('lists the fields that trouble is logged with', () => {
    const trouble = [...sourceFiles.flatMap(({ text }) => [...text.matchAll(/\{ event: '([a-z_.]+)',([^}]*)\berr: error \}/g)])];
    expect(trouble.length).toBeGreaterThan(10);
    for (const [, event, fields] of trouble)
      expect([event, [...fields!.matchAll(/(\w+)(?:,|:[^,]*,)/g)].map((match) => match[1]!)]).toEqual([event, listed.get(event!)]);
  });
});

describe('the log', () => {
  let database: TestDatabase;
  let service: Awaited<ReturnType<typeof startService>>;
  const lines: Record<string, unknown>[] = [];
  const trace = '0af7651916cd43dd8448eb211c80319c';

  beforeAll(async () => {
    database = await createTestDatabase();
    const logger = createLogger('info', { write: (line) => void lines.push(JSON.parse(line)) });
    const receiver = await Receiver.start(200, 410);
    const slack = await Receiver.start(200);
    service = await startService(database, { POSTBACK_ALERT_SLACK_URL: slack.url() }, logger);
    const body = { payload: 1, webhook_url: receiver.url(), webhook_secret: 'my-client-super-secret-key' };
    await call('POST', `${service.url}/agent/echo`, { body, headers: { traceparent: `00-${trace}-b7ad6b7169203331-01` } });
    await receiver.requests(1);
    await call('POST', `${service.url}/agent/echo`, { body: { ...body, fail: 'error', fail_times: 1 } });
    await receiver.requests(2);
    await eventually(() => Promise.resolve(lines.some(({ event }) => event === 'alert.notice')), 'the dead letter to be told');
    await Promise.all([receiver.stop(), slack.stop()]);
  });

  afterAll(async () => {
    await service?.stop();
    await database?.drop();
  });

  const of = (event: string) => lines.filter((line) => line.event === event);

  it('has one line for each run, attempt and notice', () => {
    expect(of('task.run').map(({ decision, level, run }) => [decision, level, run])).toEqual([
      ['completed', 'info', 1],
      ['put-back', 'warn', 1],
      ['completed', 'info', 2],
    ]);
    expect(of('delivery.attempt').map(({ outcome, row, dead_reason }) => [outcome, row, dead_reason])).toEqual([
      ['delivered', 'delivered', null],
      ['gone', 'dead', 'gone'],
    ]);
    expect(of('alert.notice').map(({ kind, notice }) => [kind, notice])).toEqual([['dead_letter', 'raised']]);
  });

  it.each(['task.run', 'delivery.attempt', 'alert.notice'])('gives %s exactly the fields that are listed, in their order', (event) => {
    for (const line of of(event)) {
      const fields = Object.keys(line).filter((field) => !ALWAYS.includes(field));
      expect(fields).toEqual(listed.get(event)!.filter((field) => field !== 'err' || 'err' in line));
      expect(ALWAYS.filter((field) => !(field in line))).toEqual([]);
    }
  });

  it('gives every other line no field that is not listed', () => {
    for (const line of lines) {
      const known = [...ALWAYS, 'err', ...(listed.get(String(line.event)) ?? [])];
      expect([line.event, Object.keys(line).filter((field) => !known.includes(field))]).toEqual([line.event, []]);
    }
  });

  it('names the trace that a task was submitted in', () => {
    expect(of('task.run').map(({ trace_id }) => trace_id)).toEqual([trace, null, null]);
    expect(of('delivery.attempt').map(({ trace_id }) => trace_id)).toEqual([trace, null]);
  });
});
