import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { migrations } from '../../migrations/index.js';
import { createDataSource } from '../../src/platform/database/data-source.js';
import { migrate, revertLastMigration } from '../../src/platform/database/migrate.js';
import { createTestDatabase, databaseUrl, type TestDatabase, withClient } from '../support/postgres.js';
import { sql } from '../support/service.js';

const made: TestDatabase[] = [];

afterEach(async () => {
  for (const database of made.splice(0)) await database.drop();
});

describe('the migrations', () => {
  it('all go down, leaving nothing of ours, and up again to the same schema', async () => {
    const database = await createTestDatabase();
    made.push(database);
    const before = await describeSchema(database);
    expect(before.length).toBeGreaterThan(100);
    for (const _ of migrations) await revertLastMigration(database.url);
    expect(await describeSchema(database)).toEqual([]);
    expect(await sql(database, 'SELECT FROM postback.migrations')).toEqual([]);
    await migrate(database.url);
    expect(await describeSchema(database)).toEqual(before);
  });

  it('each go down and up again to what was there before', async () => {
    const database = await createTestDatabase();
    made.push(database);
    for (let count = migrations.length; count > 0; count -= 1) {
      const before = await describeSchema(database, 'all but comments'); // one that is taken back leaves those it wrote anew
      await revertLastMigration(database.url);
      expect(await sql(database, 'SELECT FROM postback.migrations')).toHaveLength(count - 1);
      await migrateTo(database, count);
      expect(await describeSchema(database, 'all but comments')).toEqual(before);
      await revertLastMigration(database.url);
    }
  }, 90_000);

  it('change nothing when there is nothing to do', async () => {
    const database = await createTestDatabase();
    made.push(database);
    const before = await sql(database, 'SELECT * FROM postback.migrations ORDER BY id');
    await migrate(database.url);
    expect(await sql(database, 'SELECT * FROM postback.migrations ORDER BY id')).toEqual(before);
  });

  it('run once when three processes start on an empty database at the same time', async () => {
    const database = await createEmptyDatabase();
    made.push(database);
    await Promise.all([migrate(database.url), migrate(database.url), migrate(database.url)]);
    const ran = await sql<{ name: string }>(database, 'SELECT name FROM postback.migrations ORDER BY id');
    expect(ran.map(({ name }) => name)).toEqual(migrations.map(({ name }) => name));
    expect(await sql(database, "SELECT FROM pg_class WHERE relnamespace = 'pgboss'::regnamespace AND relname = 'job'")).toHaveLength(1);
  });
});

/** Runs what is missing of the first `count` migrations. */
async function migrateTo({ url }: TestDatabase, count: number): Promise<void> {
  const dataSource = createDataSource({ url, poolSize: 1, applicationName: 'migrations test', migrations: migrations.slice(0, count) });
  await dataSource.initialize();
  await dataSource.runMigrations({ transaction: 'each' });
  await dataSource.destroy();
}

async function createEmptyDatabase(): Promise<TestDatabase> {
  const name = `postback_test_${randomUUID().replaceAll('-', '')}`;
  await withClient((client) => client.query(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'`));
  return {
    url: databaseUrl(name),
    drop: () => withClient(async (client) => void (await client.query(`DROP DATABASE ${name} WITH (FORCE)`))),
  };
}

/** Columns, constraints, indexes, triggers, functions, views, types and comments of the schema, as Postgres itself spells them. */
async function describeSchema(database: TestDatabase, about: 'all' | 'all but comments' = 'all'): Promise<string[]> {
  const rows = await sql<{ line: string }>(
    database,
    `WITH ours AS (
       SELECT oid, relname, relkind, reloptions FROM pg_class
        WHERE relnamespace = 'postback'::regnamespace AND relname !~ '^migrations' AND relkind IN ('r', 'p', 'v', 'm', 'S')
     )
     SELECT concat_ws(' ', relkind, relname, reloptions::text, CASE WHEN $1 THEN obj_description(oid) END) AS line FROM ours
     UNION ALL
     SELECT concat_ws(' ', 'column', o.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid), CASE WHEN $1 THEN col_description(o.oid, a.attnum) END)
       FROM ours o JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum > 0 AND NOT a.attisdropped LEFT JOIN pg_attrdef d ON d.adrelid = o.oid AND d.adnum = a.attnum
     UNION ALL
     SELECT concat_ws(' ', 'constraint', o.relname, c.conname, pg_get_constraintdef(c.oid)) FROM ours o JOIN pg_constraint c ON c.conrelid = o.oid
     UNION ALL
     SELECT concat_ws(' ', 'index', pg_get_indexdef(i.indexrelid)) FROM ours o JOIN pg_index i ON i.indrelid = o.oid
     UNION ALL
     SELECT concat_ws(' ', 'trigger', pg_get_triggerdef(t.oid)) FROM ours o JOIN pg_trigger t ON t.tgrelid = o.oid AND NOT t.tgisinternal
     UNION ALL
     SELECT concat_ws(' ', 'view', viewname, definition) FROM pg_views WHERE schemaname = 'postback'
     UNION ALL
     SELECT concat_ws(' ', 'function', pg_get_functiondef(oid)) FROM pg_proc WHERE pronamespace = 'postback'::regnamespace
     ORDER BY line`,
    [about === 'all'],
  );
  return rows.map(({ line }) => line);
}
