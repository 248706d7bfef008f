import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { boot } from '../../src/boot.js';
import { loadConfig } from '../../src/config/load-config.js';
import { createLogger } from '../../src/platform/logging/logger.js';
import { CuttableProxy } from '../support/cuttable-proxy.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { call, ServiceProcess, testEnvironment } from '../support/service.js';

let database: TestDatabase;
let proxy: CuttableProxy;
let url: string;

beforeAll(async () => {
  database = await createTestDatabase();
  ({ proxy, url } = await CuttableProxy.before(database.url));
  await proxy.cut();
});

afterAll(async () => {
  await proxy.cut();
  await database.drop();
});

describe('a service that boots before its Postgres', () => {
  it('gives up at once when it is told to wait for nothing', async () => {
    const told: string[] = [];
    await expect(start({ POSTBACK_DATABASE_WAIT_MS: '0' }, (line) => told.push(line))).rejects.toThrow(/ECONNREFUSED/);
    expect(told).toEqual([]);
  });

  it('waits for it, says so once, and then works', async () => {
    const told: string[] = [];
    const service = await start({}, (line) => {
      told.push(line);
      void proxy.restore();
    });
    expect(told).toEqual([expect.stringMatching(/^Postgres does not answer yet \(.*ECONNREFUSED.*\); trying for 30 s\.$/)]);
    const done = await call('POST', `${service.url}/agent/echo`, { body: { payload: 1 }, headers: { prefer: 'wait=20' } });
    expect(done).toMatchObject({ status: 200, body: { status: 'completed', result: 1 } });
    await service.stop();
  });

  it('does not wait for what waiting cannot mend', async () => {
    const elsewhere = new URL(url);
    elsewhere.pathname = '/no_such_database';
    const told: string[] = [];
    await expect(start({ DATABASE_URL: elsewhere.href }, (line) => told.push(line))).rejects.toThrow(/no_such_database/);
    expect(told).toEqual([]);
  });

  it.each([
    ['pathname', '/no_such_database'],
    ['username', 'no_such_role'],
  ] as const)('says where to look, without a stack, when the %s is wrong', async (part, value) => {
    const elsewhere = new URL(database.url);
    elsewhere[part] = value;
    const start = ServiceProcess.start({ ...database, url: elsewhere.href });
    await expect(start).rejects.toThrow(
      /Postback could not start: .+ Check the name and password in DATABASE_URL; the database must exist\.\n$/,
    );
  });
});

const start = (more: Record<string, string>, tell: (line: string) => void) =>
  boot(loadConfig(testEnvironment({ ...database, url }, more)), createLogger('silent'), tell);
