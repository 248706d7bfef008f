import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createDataSource } from '../../../src/platform/database/data-source.js';
import { Database } from '../../../src/platform/database/database.js';
import type { Result, Sql } from '../../../src/platform/database/sql.js';
import { ensureApiKey } from '../../../src/platform/http/api-keys.js';
import { KeyCache } from '../../../src/platform/http/key-cache.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.js';
import { sql } from '../../support/service.js';

const TTL = 5_000;

let test: TestDatabase;
let database: Database;
let statements: string[];
let now: number;
let cache: KeyCache;

/** Lets every statement through and counts it. */
const counting: Sql = {
  query<Row>(text: string, values?: unknown[]): Promise<Result<Row>> {
    statements.push(text);
    return database.query<Row>(text, values);
  },
};

beforeAll(async () => {
  test = await createTestDatabase();
  const dataSource = createDataSource({ url: test.url, poolSize: 4, applicationName: 'test' });
  await dataSource.initialize();
  database = new Database(dataSource);
});

beforeEach(async () => {
  await sql(test, 'DELETE FROM postback.api_keys');
  await ensureApiKey(database, { tenant: 'acme', name: 'one', scopes: ['submit'], key: 'key-number-one' });
  statements = [];
  now = 1_000;
  cache = new KeyCache(counting, { ttlMs: TTL, now: () => now });
});

afterAll(async () => {
  await database?.close();
  await test?.drop();
});

describe('the key cache', () => {
  it('asks Postgres once for as long as an answer counts', async () => {
    expect(await cache.find('key-number-one')).toMatchObject({ tenant: 'acme', name: 'one', scopes: ['submit'] });
    now += TTL - 1;
    expect(cache.find('key-number-one')).toMatchObject({ tenant: 'acme' }); // no promise: at once
    expect(statements).toHaveLength(1);
  });

  it('refuses a key that was revoked elsewhere once the time is over, not before', async () => {
    await cache.find('key-number-one');
    await sql(test, 'UPDATE postback.api_keys SET revoked_at = now()');
    now += TTL - 1;
    expect(await cache.find('key-number-one')).not.toBeNull();
    now += 1;
    expect(await cache.find('key-number-one')).toBeNull();
  });

  it('refuses a key that was revoked here at once', async () => {
    await cache.find('key-number-one');
    await sql(test, 'UPDATE postback.api_keys SET revoked_at = now()');
    cache.forget();
    expect(await cache.find('key-number-one')).toBeNull();
  });

  it('keeps no answer that was read before a change', async () => {
    const asked = cache.find('key-number-one');
    cache.forget();
    await asked;
    await sql(test, 'UPDATE postback.api_keys SET revoked_at = now()');
    expect(await cache.find('key-number-one')).toBeNull();
  });

  it('ends with the key, when that comes first', async () => {
    await sql(test, "UPDATE postback.api_keys SET expires_at = now() + interval '1 hour'");
    cache = new KeyCache(counting, { ttlMs: 7_200_000, now: () => now });
    await cache.find('key-number-one');
    now += 3_500_000;
    await cache.find('key-number-one');
    expect(statements).toHaveLength(1);
    now += 100_000;
    await cache.find('key-number-one');
    expect(statements).toHaveLength(2);
  });

  it('remembers for a while that a key is unknown', async () => {
    expect(await cache.find('made-up-key')).toBeNull();
    expect(cache.find('made-up-key')).toBeNull();
    expect(statements).toHaveLength(1);
  });

  it('asks for many unknown keys together, one statement at a time, and keeps the known ones meanwhile', async () => {
    await cache.find('key-number-one');
    const flood = Array.from({ length: 12_000 }, (_, index) => cache.find(`made-up-key-${index}`));
    expect(cache.find('key-number-one')).toMatchObject({ tenant: 'acme' });
    expect(new Set(await Promise.all(flood))).toEqual(new Set([null]));
    expect(statements.length).toBeLessThan(30);
    expect(cache.find('key-number-one')).toMatchObject({ tenant: 'acme' });
  });

  it('fails with the database instead of guessing, and works again with it', async () => {
    let away = true;
    const shaky: Sql = { query: (text, values) => (away ? Promise.reject(new Error('away')) : database.query(text, values)) };
    cache = new KeyCache(shaky, { ttlMs: TTL, now: () => now });
    await expect(cache.find('key-number-one')).rejects.toThrow('away');
    away = false;
    expect(await cache.find('key-number-one')).toMatchObject({ tenant: 'acme' });
  });

  it('writes down when keys were used, for all of them at once and at most once a minute', async () => {
    const lastUse = async () =>
      (await sql<{ last_used_at: Date | null }>(test, 'SELECT last_used_at FROM postback.api_keys'))[0]!.last_used_at;
    await cache.flushUse();
    expect(statements).toEqual([]); // nothing to say
    await Promise.all([cache.find('key-number-one'), cache.find('made-up-key')]);
    expect(await lastUse()).toBeNull();
    await cache.flushUse();
    const first = await lastUse();
    expect(first).not.toBeNull();
    await cache.find('key-number-one');
    await cache.flushUse();
    expect(await lastUse()).toEqual(first);
    await sql(test, "UPDATE postback.api_keys SET last_used_at = now() - interval '2 minutes'");
    await cache.find('key-number-one');
    await cache.flushUse();
    expect((await lastUse())!.getTime()).toBeGreaterThanOrEqual(first!.getTime());
  });
});
