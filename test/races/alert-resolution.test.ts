import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { deadLetterAlerts } from '../../src/alerts/dead-letter.js';
import { raiseAlerts } from '../../src/alerts/raise.js';
import { runRulesNow } from '../support/alert-rules.js';
import { HeldLock } from '../support/held-lock.js';
import { dueRow, openParts, type Parts } from '../support/parts.js';
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

describe('a dead-letter alert', () => {
  it('stays open when another webhook dies while the alert is about to be resolved', async () => {
    const id = await dueRow(parts, database);
    await bury(id);
    await sql(database, "UPDATE postback.webhook_outbox SET status = 'pending' WHERE id = $1", [id]); // so that there is something to resolve
    // the transaction in which the row dies again, not committed yet
    const dying = await HeldLock.take(
      database,
      `WITH dead AS (UPDATE postback.webhook_outbox SET status = 'dead', dead_reason = 'gone', dead_at = now() WHERE id = $1 RETURNING endpoint_id)
       UPDATE postback.alerts a SET occurrences = occurrences + 1 FROM dead WHERE a.endpoint_id = dead.endpoint_id AND a.resolved_at IS NULL`,
      [id],
    );
    const resolving = runRulesNow(parts.database, []);
    await dying.blocked(1);
    await dying.release();
    expect(await resolving).toMatchObject({ resolved: 0 });
    expect(await openAlertsOf(id)).toBe(1);
  });

  it('is raised anew by a death that waits for its resolution', async () => {
    const id = await dueRow(parts, database);
    await bury(id);
    await sql(database, "UPDATE postback.webhook_outbox SET status = 'pending' WHERE id = $1", [id]);
    const resolved = await HeldLock.take(
      database,
      'UPDATE postback.alerts SET resolved_at = now() WHERE outbox_id = $1 AND resolved_at IS NULL',
      [id],
    );
    const burial = bury(id);
    await resolved.blocked(1);
    await resolved.release();
    await burial;
    expect(await openAlertsOf(id)).toBe(1);
  });
});

/** The row dies and its alert is raised, in one commit. */
async function bury(id: string): Promise<void> {
  await parts.database.transaction(async (tx) => {
    const { rows } = await tx.query<Parameters<typeof deadLetterAlerts>[0][number]>(
      `UPDATE postback.webhook_outbox SET status = 'dead', dead_reason = 'gone', dead_at = now() WHERE id = $1
       RETURNING id, endpoint_id, tenant, task_id, url, dead_reason, attempts, last_error`,
      [id],
    );
    await raiseAlerts(tx, [], deadLetterAlerts(rows));
  });
}

async function openAlertsOf(id: string): Promise<number> {
  const [row] = await sql<{ n: number }>(
    database,
    `SELECT count(*)::int AS n FROM postback.alerts a JOIN postback.webhook_outbox o USING (endpoint_id) WHERE o.id = $1 AND a.resolved_at IS NULL`,
    [id],
  );
  return row!.n;
}
