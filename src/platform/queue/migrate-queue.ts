import type pg from 'pg';
import { getConstructionPlans, PgBoss } from 'pg-boss';

/** Creates or migrates pg-boss' own schema. Called under the migration lock, so that it happens once. */
export async function migrateQueue(url: string, client: pg.Client): Promise<void> {
  await makeAnewIfEmptied(client);
  const boss = new PgBoss({
    connectionString: url,
    application_name: 'postback migrate',
    max: 2,
    supervise: false,
    schedule: false,
    registerInstance: false,
  });
  boss.on('error', () => {}); // the failing call rejects as well, and that is what the caller sees
  await boss.start();
  await boss.stop({ graceful: false });
}

/**
 * Tables that were emptied do not know their version any more, so pg-boss can neither use nor migrate them. They hold nothing that would be
 * missed, and are made anew in one transaction: a process that works at that moment waits for its commit, and finds the new ones.
 */
async function makeAnewIfEmptied(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ made: boolean }>("SELECT to_regclass('pgboss.version') IS NOT NULL AS made");
  if (!rows[0]!.made || (await client.query('SELECT FROM pgboss.version')).rowCount !== 0) return;
  await client.query(`DROP SCHEMA pgboss CASCADE; ${getConstructionPlans('pgboss')}`);
}
