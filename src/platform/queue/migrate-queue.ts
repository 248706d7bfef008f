import { PgBoss } from 'pg-boss';

/** Creates or migrates pg-boss' own schema. Called under the migration lock, so that it happens once. */
export async function migrateQueue(url: string): Promise<void> {
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
