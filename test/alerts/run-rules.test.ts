import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { claimNotices, finishNotice } from '../../src/alerts/claim-notices.js';
import { raiseAlerts } from '../../src/alerts/raise.js';
import { BLOCKED, HELD, OUTBOX, QUEUE } from '../../src/alerts/read-snapshot.js';
import { newId } from '../../src/platform/ids.js';
import { runRulesNow } from '../support/alert-rules.js';
import { silentSink } from '../support/alert-sinks.js';
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

afterEach(() =>
  sql(
    database,
    `TRUNCATE postback.alerts, postback.alert_deliveries, postback.webhook_outbox, postback.webhook_attempts, postback.webhook_endpoints,
              postback.tasks, postback.task_events, postback.task_steps, postback.processes, postback.role_sightings`,
  ),
);

const SINKS = [silentSink('slack'), silentSink('pagerduty')];

const run = (settings: Parameters<typeof runRulesNow>[2] = {}) => runRulesNow(parts.database, SINKS, settings);

const alerts = () =>
  sql<{ kind: string; detail: Record<string, unknown>; resolved: boolean }>(
    database,
    'SELECT kind, detail, resolved_at IS NOT NULL AS resolved FROM postback.alerts ORDER BY raised_at, kind',
  );

const notices = async () =>
  (
    await sql<{ said: string }>(
      database,
      `SELECT concat_ws(' ', a.kind, d.sink, d.event) AS said FROM postback.alert_deliveries d JOIN postback.alerts a ON a.id = d.alert_id
        ORDER BY d.created_at, 1`,
    )
  ).map(({ said }) => said);

const change = (row: string, set: string) => sql(database, `UPDATE postback.webhook_outbox SET ${set} WHERE id = $1`, [row]);

/** What makes each rule's alert, and what ends it. Settings are as low as they go. */
const troubles: { kind: string; settings?: object; begin(): Promise<unknown>; end(): Promise<unknown>; detail: object }[] = [
  {
    kind: 'failure_rate',
    settings: { failureRateMinAttempts: 2 },
    begin: async () => {
      const id = await dueRow(parts, database);
      await attempt(id, 1, 'rejected');
      await attempt(id, 2, 'released'); // says nothing
      await attempt(id, 3, 'timed_out');
    },
    end: async () => {
      const id = await dueRow(parts, database);
      for (const n of [1, 2, 3]) await attempt(id, n, 'delivered');
    },
    detail: { attempts: 2, failed: 2, failing_endpoints: 1 },
  },
  {
    kind: 'dead_letters',
    settings: { deadLetters: 2 },
    begin: async () => {
      for (const reason of ['gone', 'exhausted', 'endpoint_deleted'])
        await change(await dueRow(parts, database), `status = 'dead', dead_reason = '${reason}', dead_at = now()`);
    },
    end: () => sql(database, `UPDATE postback.webhook_outbox SET status = 'pending', next_attempt_at = now() WHERE dead_reason = 'gone'`),
    detail: { dead: 2, endpoints: 2 },
  },
  {
    kind: 'many_retries',
    settings: { retryRows: 1 },
    begin: async () => change(await dueRow(parts, database, 'http://127.0.0.1:9/hidden'), 'attempts_charged = 7'),
    end: () => sql(database, 'UPDATE postback.webhook_outbox SET attempts_charged = 5'),
    detail: { webhooks: 1, most_attempts: 7, host: '127.0.0.1:9' },
  },
  {
    kind: 'failing_uncharged',
    begin: async () =>
      change(await dueRow(parts, database), "uncharged_streak = 8, last_error = 'The name server answered with an error.'"),
    end: () => sql(database, 'UPDATE postback.webhook_outbox SET uncharged_streak = 7'),
    detail: { webhooks: 1, last_error: 'The name server answered with an error.' },
  },
  {
    kind: 'oldest_due',
    begin: async () => change(await dueRow(parts, database), "next_attempt_at = now() - interval '6 minutes'"),
    end: () => sql(database, "UPDATE postback.webhook_outbox SET next_attempt_at = now() + interval '1 minute'"),
    detail: { age_seconds: about(360), host: '127.0.0.1:9' },
  },
  {
    kind: 'oldest_held',
    begin: async () => {
      for (const hours of [2, 3])
        await change(await dueRow(parts, database), `status = 'held', held_at = now() - interval '${hours} hours'`);
      await sql(database, "DELETE FROM postback.webhook_outbox WHERE held_at > now() - interval '150 minutes'");
      await change(await dueRow(parts, database), "status = 'held', held_at = now()"); // not long enough
    },
    end: () => sql(database, "UPDATE postback.webhook_outbox SET status = 'pending', held_at = NULL"),
    detail: { age_seconds: about(10_800), host: '127.0.0.1:9' },
  },
  {
    kind: 'queue_age',
    begin: async () => {
      const id = await queuedTask(parts);
      await sql(database, "UPDATE postback.tasks SET next_run_at = now() - interval '11 minutes' WHERE id = $1", [id]);
    },
    end: () => sql(database, "UPDATE postback.tasks SET next_run_at = now() + interval '1 minute'"),
    detail: { age_seconds: about(660), task_type: 'echo' },
  },
  {
    kind: 'role_without_process',
    begin: () => live(['api', 'worker']),
    end: () => live(['dispatcher']),
    detail: { role: 'dispatcher', missing_seconds: about(3_600) },
  },
  {
    kind: 'endpoint_disabled',
    begin: () => endpointWith("state = 'disabled', state_reason = 'It answered 410 Gone.'"),
    end: () => sql(database, "UPDATE postback.webhook_endpoints SET state = 'active', state_reason = NULL"),
    detail: { host: '127.0.0.1:9', reason: 'It answered 410 Gone.' },
  },
  {
    kind: 'breaker_open',
    begin: () => endpointWith("breaker = 'open', breaker_probe_at = now(), consecutive_failures = 21"),
    end: () => sql(database, 'UPDATE postback.webhook_endpoints SET deleted_at = now()'),
    detail: { host: '127.0.0.1:9', failures_in_a_row: 21 },
  },
];

/** Seconds that have been going on since they were counted. */
function about(seconds: number): unknown {
  return { asymmetricMatch: (age: number) => age >= seconds && age < seconds + 60, toString: () => `${seconds} to ${seconds + 60}` };
}

describe('each rule', () => {
  it.each(troubles.map((trouble) => [trouble.kind, trouble] as const))(
    '%s raises one alert for its trouble and resolves it after',
    async (kind, trouble) => {
      expect(await run(trouble.settings)).toEqual({ raised: 0, reminded: 0, resolved: 0 });
      await trouble.begin();
      expect(await run(trouble.settings)).toEqual({ raised: 1, reminded: 0, resolved: 0 });
      expect(await run(trouble.settings)).toEqual({ raised: 0, reminded: 0, resolved: 0 });
      expect(await alerts()).toMatchObject([{ kind, detail: trouble.detail, resolved: false }]);
      await trouble.end();
      expect(await run(trouble.settings)).toEqual({ raised: 0, reminded: 0, resolved: 1 });
      expect(await notices()).toEqual(['raised', 'resolved'].flatMap((event) => [`${kind} pagerduty ${event}`, `${kind} slack ${event}`]));
    },
  );

  it('uses an index of few rows, and never walks what has been delivered', async () => {
    const plans = [];
    for (const [statement, values] of [
      [OUTBOX, [900_000, 2_000, 10_000, 6, 8]],
      [QUEUE, []],
      [HELD, [3_600_000]],
      [BLOCKED, []],
    ] as const) {
      // small tables: what matters is which indexes serve, not what the planner prefers for ten rows
      const plan = await parts.database.transaction(async (tx) => {
        await tx.query('SET LOCAL enable_seqscan = off');
        return (await tx.query<{ 'QUERY PLAN': object }>(`EXPLAIN (FORMAT JSON) ${statement}`, [...values])).rows;
      });
      plans.push(JSON.stringify(plan));
    }
    expect(plans.join()).not.toContain('Seq Scan');
    const indexes = [...new Set([...plans.join().matchAll(/"Index Name":"(\w+)"/g)].map(([, name]) => name))];
    expect(indexes.sort()).toEqual([
      'tasks_live',
      'webhook_attempts_pkey',
      'webhook_endpoints_blocked',
      'webhook_endpoints_pkey',
      'webhook_outbox_dead_waiting',
      'webhook_outbox_due',
      'webhook_outbox_held',
      'webhook_outbox_many_retries',
      'webhook_outbox_pkey',
      'webhook_outbox_uncharged',
    ]);
  });
});

describe('an alert that lasts', () => {
  const begin = () => endpointWith("breaker = 'open', breaker_probe_at = now()");
  const later = (column: string) => sql(database, `UPDATE postback.alerts SET ${column} = ${column} - interval '61 minutes'`);

  it('is told again after the quiet period, and not once somebody has taken it on', async () => {
    await begin();
    await run();
    await later('notified_at');
    expect(await run()).toMatchObject({ raised: 0, reminded: 1 });
    expect(await run()).toMatchObject({ reminded: 0 });
    await sql(database, "UPDATE postback.alerts SET acknowledged_at = now(), notified_at = now() - interval '61 minutes'");
    expect(await run()).toMatchObject({ reminded: 0 });
  });

  it('is told again when its webhooks go on dying, not when they only stay dead', async () => {
    const letter = {
      kind: 'dead_letter',
      severity: 'critical',
      title: 't',
      detail: {},
      tenant: null,
      outboxId: null,
      taskId: null,
    } as const;
    const id = await dueRow(parts, database);
    await change(id, "status = 'dead', dead_reason = 'gone', dead_at = now()");
    const [{ endpointId } = { endpointId: '' }] = await sql<{ endpointId: string }>(
      database,
      'SELECT endpoint_id AS "endpointId" FROM postback.webhook_outbox',
    );
    const die = () =>
      parts.database.transaction((tx) => raiseAlerts(tx, SINKS, [{ ...letter, dedupKey: 'dead_letter:x', endpointId, occurrences: 1 }]));
    await die();
    await sql(
      database,
      "UPDATE postback.alerts SET notified_at = notified_at - interval '61 minutes', last_raised_at = last_raised_at - interval '62 minutes'",
    );
    expect(await run()).toMatchObject({ reminded: 0 });
    await die();
    expect(await run()).toMatchObject({ reminded: 1, resolved: 0 });
  });

  it('is resolved only when the trouble stays away, so that what flaps is told once', async () => {
    await begin();
    await run();
    const breaker = (state: string, probe: string) =>
      sql(database, `UPDATE postback.webhook_endpoints SET breaker = '${state}', breaker_probe_at = ${probe}`);
    const settings = { resolveAfterMs: 60_000 };
    for (let flap = 0; flap < 2; flap += 1) {
      await breaker('closed', 'NULL');
      expect(await run(settings)).toMatchObject({ resolved: 0 });
      await breaker('open', 'now()');
      expect(await run(settings)).toEqual({ raised: 0, reminded: 0, resolved: 0 });
    }
    await breaker('closed', 'NULL');
    await run(settings);
    await later('clear_since');
    expect(await run(settings)).toMatchObject({ resolved: 1 });
    expect(await notices()).toHaveLength(4);
  });

  it('is evaluated by one process at a time, once per interval', async () => {
    await begin();
    const [others, ours] = [await openParts(database), { intervalMs: 60_000 }];
    await sql(database, "UPDATE postback.alert_evaluation SET evaluated_at = '-infinity'");
    const results = await Promise.all([run(ours), runRulesNow(others.database, SINKS, ours), run(ours)]);
    await others.close();
    expect(results.filter((result) => result !== null)).toEqual([{ raised: 1, reminded: 0, resolved: 0 }]);
  });
});

describe('the notices of an alert', () => {
  it('reach a sink in their order, also when the first one fails for a while', async () => {
    await endpointWith("breaker = 'open', breaker_probe_at = now()");
    await run();
    const first = await claimNotices(parts.database, newId(), ['slack'], 10);
    expect(first).toMatchObject([{ sink: 'slack', notice: { event: 'raised' } }]);
    await finishNotice(parts.database, first[0]!, 'Slack answered 500', 60_000);
    await sql(database, "UPDATE postback.webhook_endpoints SET breaker = 'closed', breaker_probe_at = NULL");
    await run();
    expect(await claimNotices(parts.database, newId(), ['slack'], 10)).toEqual([]);
    expect(await claimNotices(parts.database, newId(), ['pagerduty'], 10)).toMatchObject([{ notice: { event: 'raised' } }]);
    await sql(database, "UPDATE postback.alert_deliveries SET next_attempt_at = now() WHERE sink = 'slack'");
    const again = await claimNotices(parts.database, newId(), ['slack'], 10);
    expect(again).toMatchObject([{ attempts: 2, notice: { id: first[0]!.notice.id, event: 'raised' } }]);
    await finishNotice(parts.database, again[0]!, null, null);
    expect(await claimNotices(parts.database, newId(), ['slack'], 10)).toMatchObject([{ notice: { event: 'resolved' } }]);
  });

  it('belong to whom claimed them until they are sent or his lease is over, and then to the next', async () => {
    await endpointWith("breaker = 'open', breaker_probe_at = now()");
    await run();
    const claim = () => claimNotices(parts.database, newId(), ['slack'], 10);
    const [first] = await claim();
    expect(await claim()).toEqual([]);
    await sql(database, 'UPDATE postback.alert_deliveries SET next_attempt_at = now()'); // as when its sender was cut off
    const [second] = await claim();
    expect([second!.attempts, second!.notice.id]).toEqual([2, first!.notice.id]);
    const state = () => sql(database, "SELECT status, last_error, attempts FROM postback.alert_deliveries WHERE sink = 'slack'");
    await finishNotice(parts.database, first!, 'It took too long.', null); // it comes back, and has lost its say
    expect(await state()).toEqual([{ status: 'pending', last_error: null, attempts: 2 }]);
    await finishNotice(parts.database, second!, null, null);
    expect(await state()).toEqual([{ status: 'sent', last_error: null, attempts: 2 }]);
    expect(await claim()).toEqual([]);
  });

  it('are queued once, however often it is raised where things go wrong', async () => {
    const alert = { kind: 'dead_letter', dedupKey: 'dead_letter:x', severity: 'critical', title: 't', detail: {}, occurrences: 2 } as const;
    const subject = { tenant: null, endpointId: null, outboxId: null, taskId: null };
    for (let i = 0; i < 2; i += 1) await parts.database.transaction((tx) => raiseAlerts(tx, SINKS, [{ ...alert, ...subject }]));
    expect(await notices()).toEqual(['dead_letter pagerduty raised', 'dead_letter slack raised']);
    expect(await sql(database, 'SELECT occurrences FROM postback.alerts')).toEqual([{ occurrences: 4 }]);
  });
});

async function attempt(outboxId: string, n: number, outcome: string): Promise<void> {
  await sql(
    database,
    "INSERT INTO postback.webhook_attempts (outbox_id, attempt, trigger, started_at, outcome, charged) VALUES ($1, $2, 'schedule', now(), $3, true)",
    [outboxId, n, outcome],
  );
}

async function endpointWith(set: string): Promise<void> {
  const id = await dueRow(parts, database);
  await sql(
    database,
    `UPDATE postback.webhook_endpoints e SET ${set} FROM postback.webhook_outbox o WHERE o.endpoint_id = e.id AND o.id = $1`,
    [id],
  );
}

/** A process that has been alive for an hour. */
async function live(roles: string[]): Promise<void> {
  await sql(
    database,
    "INSERT INTO postback.processes (id, roles, version, host, pid, started_at) VALUES ($1, $2, '1', 'h', 1, now() - interval '1 hour')",
    [randomUUID(), roles],
  );
}
