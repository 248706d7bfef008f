import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { createDataSource } from '../../../src/platform/database/data-source.js';
import { createTestDatabase } from '../../support/postgres.js';
import { sql } from '../../support/service.js';

describe('a connection that Postgres ends right after the pool has handed it out', () => {
  it('ends no process: somebody listens before its taker does', async () => {
    const database = await createTestDatabase();
    const dataSource = createDataSource({ url: database.url, poolSize: 2, applicationName: 'test' });
    await dataSource.initialize();
    const { master } = dataSource.driver as unknown as { master: pg.Pool };
    const client = await master.connect(); // the pool has stopped listening, and we have not begun
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    expect(client.listenerCount('error')).toBeGreaterThan(0);
    const ended = once(client, 'end').catch((error) => error);
    await sql(database, 'SELECT pg_terminate_backend($1)', [rows[0]!.pid]);
    await ended;
    client.release(true);
    await dataSource.destroy();
    await database.drop();
  });
});
