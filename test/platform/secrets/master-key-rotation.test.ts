import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { rotateMasterKey } from '../../../src/admin/rotate-master-key.js';
import { commandActor } from '../../../src/platform/audit/actor.js';
import { createDataSource } from '../../../src/platform/database/data-source.js';
import { Database } from '../../../src/platform/database/database.js';
import { heartbeat } from '../../../src/platform/lifecycle/process-row.js';
import { masterKeyId, masterKeys } from '../../../src/platform/secrets/envelope.js';
import { Keyring } from '../../../src/platform/secrets/keyring.js';
import { assertSecretsOpen } from '../../../src/webhooks/endpoints/assert-secrets-open.js';
import { storeSecrets } from '../../../src/webhooks/endpoints/store-secrets.js';
import { HeldLock } from '../../support/held-lock.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.js';

const former = randomBytes(32);
const next = randomBytes(32);
const both = masterKeys(next, [former]);
const lostMs = 10_000;
const by = commandActor('npm test');

let testDatabase: TestDatabase;
let database: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  const dataSource = createDataSource({ url: testDatabase.url, poolSize: 6, applicationName: 'rotation test' });
  await dataSource.initialize();
  database = new Database(dataSource);
});

beforeEach(async () => {
  await database.query('TRUNCATE postback.keyring, postback.webhook_secrets, postback.processes, postback.audit_log');
});

afterAll(async () => {
  await database?.close();
  await testDatabase?.drop();
});

const secretOf = (n: number) => `secret number ${n}`;

/** `count` secrets of one tenant, stored as a submit stores them; their ids in order. */
async function store(keyring: Keyring, count: number, first = 0): Promise<string[]> {
  const wanted = Array.from({ length: count }, (_, n) => ({ tenant: 'a', secret: secretOf(first + n) }));
  return database.transaction((tx) => storeSecrets(tx, keyring, wanted));
}

async function opened(keyring: Keyring): Promise<string[]> {
  const { rows } = await database.query<{ id: string; sealed: Buffer }>('SELECT id, sealed FROM postback.webhook_secrets');
  return rows.map(({ id, sealed }) => keyring.open('webhook_secrets', 'a', id, sealed)).sort();
}

/** Key ids of all that is sealed, each with its number of rows; the column and the sealed value must agree. */
async function sealedUnder(): Promise<Record<string, number>> {
  const { rows } = await database.query<{ id: string; inside: string; count: number }>(
    `SELECT master_key_id AS id, encode(substring(sealed FROM 2 FOR 4), 'hex') AS inside, count(*)::int AS count
       FROM (SELECT master_key_id, sealed FROM postback.webhook_secrets UNION ALL SELECT master_key_id, sealed FROM postback.keyring) s
      GROUP BY 1, 2`,
  );
  for (const { id, inside } of rows) expect(inside).toBe(id);
  return Object.fromEntries(rows.map(({ id, count }) => [id, count]));
}

describe('At boot', () => {
  it('a wrong master key is told in a sentence that says what to do', async () => {
    await Keyring.load(database, masterKeys(former));
    await expect(Keyring.load(database, masterKeys(next))).rejects.toThrow(
      /^POSTBACK_MASTER_KEY is not the key this database was set up with.*POSTBACK_MASTER_KEY_OTHERS.*DATABASE_URL/,
    );
  });

  it('a fingerprint key that was altered is told apart from a wrong master key', async () => {
    await Keyring.load(database, masterKeys(former));
    await database.query('UPDATE postback.keyring SET sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1)');
    await expect(Keyring.load(database, masterKeys(former))).rejects.toThrow(/postback\.keyring was altered.*backup/);
  });

  it('secrets under a key that is not configured are told, with the id of the key', async () => {
    await store(await Keyring.load(database, masterKeys(former)), 3);
    await rotateMasterKey(database, await Keyring.load(database, both), { by, lostMs });
    const keyring = await Keyring.load(database, masterKeys(next));
    await assertSecretsOpen(database, keyring);
    await database.query(
      "UPDATE postback.webhook_secrets SET master_key_id = '0badc0de' WHERE id = (SELECT min(id::text)::uuid FROM postback.webhook_secrets)",
    );
    await expect(assertSecretsOpen(database, keyring)).rejects.toThrow(
      /under master key 0badc0de, which is not configured.*POSTBACK_MASTER_KEY_OTHERS/,
    );
  });
});

describe('A new master key', () => {
  it('seals nothing before the rotation, so that processes which do not know it yet go on', async () => {
    await store(await Keyring.load(database, masterKeys(former)), 2);
    await store(await Keyring.load(database, both), 2, 2);
    expect(await sealedUnder()).toEqual({ [masterKeyId(former)]: 5 });
    expect(await opened(await Keyring.load(database, masterKeys(former)))).toEqual([0, 1, 2, 3].map(secretOf));
  });

  it('takes over all secrets in bounded batches, after which the former one is not needed', async () => {
    const before = await Keyring.load(database, masterKeys(former));
    const ids = await store(before, 25);
    const batches: number[] = [];
    const keyring = await Keyring.load(database, both);
    const rotated = await rotateMasterKey(database, keyring, { by, lostMs, batchSize: 10, onBatch: (done) => batches.push(done) });
    expect(rotated).toEqual({ kind: 'done', secrets: 25, unreadable: [] });
    expect(batches).toEqual([10, 20, 25]);
    expect(await sealedUnder()).toEqual({ [masterKeyId(next)]: 26 });
    const alone = await Keyring.load(database, masterKeys(next));
    expect(await opened(alone)).toEqual(ids.map((_, n) => secretOf(n)).sort());
  });

  it('is written down once, with who took it into use and which one it replaces', async () => {
    await Keyring.load(database, masterKeys(former));
    for (let time = 0; time < 2; time += 1) await rotateMasterKey(database, await Keyring.load(database, both), { by, lostMs });
    const { rows } = await database.query('SELECT actor, target_type, target_id, before, after FROM postback.audit_log');
    const [from, to] = [former, next].map((key) => ({ master_key_id: masterKeyId(key) }));
    expect(rows).toEqual([{ actor: by.name, target_type: 'keyring', target_id: to!.master_key_id, before: from, after: to }]);
  });

  it('leaves fingerprints as they were: a secret seen before is not stored again', async () => {
    const before = await Keyring.load(database, masterKeys(former));
    const ids = await store(before, 3);
    await rotateMasterKey(database, await Keyring.load(database, both), { by, lostMs });
    const alone = await Keyring.load(database, masterKeys(next));
    expect(alone.fingerprint('p', 'x')).toEqual(before.fingerprint('p', 'x'));
    expect(await store(alone, 3)).toEqual(ids);
  });

  it('is used at once by a process that was loaded before the rotation', async () => {
    const running = await Keyring.load(database, both);
    await rotateMasterKey(database, await Keyring.load(database, both), { by, lostMs });
    await store(running, 1);
    expect(await sealedUnder()).toEqual({ [masterKeyId(next)]: 2 });
  });

  it('that is in use already changes nothing', async () => {
    const keyring = await Keyring.load(database, masterKeys(next));
    await store(keyring, 2);
    const { rows: before } = await database.query('SELECT * FROM postback.webhook_secrets');
    expect(await rotateMasterKey(database, keyring, { by, lostMs })).toEqual({ kind: 'done', secrets: 0, unreadable: [] });
    expect((await database.query('SELECT * FROM postback.webhook_secrets')).rows).toEqual(before);
  });
});

describe('A rotation', () => {
  it('that is cut short leaves every secret readable, and goes on where it stood', async () => {
    await store(await Keyring.load(database, masterKeys(former)), 25);
    const keyring = await Keyring.load(database, both);
    const cut = rotateMasterKey(database, keyring, {
      by,
      lostMs,
      batchSize: 10,
      onBatch: () => {
        throw new Error('killed');
      },
    });
    await expect(cut).rejects.toThrow('killed');
    expect(await sealedUnder()).toEqual({ [masterKeyId(next)]: 11, [masterKeyId(former)]: 15 });
    expect(await opened(keyring)).toHaveLength(25);
    const again = await rotateMasterKey(database, await Keyring.load(database, both), { by, lostMs, batchSize: 10 });
    expect(again).toEqual({ kind: 'done', secrets: 15, unreadable: [] });
    expect(await sealedUnder()).toEqual({ [masterKeyId(next)]: 26 });
  });

  it('waits for a secret that is being stored under the former key, and takes it along', async () => {
    const keyring = await Keyring.load(database, masterKeys(former));
    const watch = await HeldLock.take(testDatabase, 'SELECT 1');
    let rotation: ReturnType<typeof rotateMasterKey> | undefined;
    await database.transaction(async (tx) => {
      await storeSecrets(tx, keyring, [{ tenant: 'a', secret: 'stored meanwhile' }]);
      rotation = rotateMasterKey(database, await Keyring.load(database, both), { by, lostMs });
      await watch.blocked(1);
    });
    await watch.release();
    expect(await rotation).toEqual({ kind: 'done', secrets: 1, unreadable: [] });
    expect(await sealedUnder()).toEqual({ [masterKeyId(next)]: 2 });
  });

  it('that runs twice at the same time does the work once', async () => {
    await store(await Keyring.load(database, masterKeys(former)), 60);
    const rotate = async () => rotateMasterKey(database, await Keyring.load(database, both), { by, lostMs, batchSize: 5 });
    const [one, other] = await Promise.all([rotate(), rotate()]);
    expect([one, other].map((each) => (each.kind === 'done' ? each.secrets : -1)).reduce((sum, n) => sum + n, 0)).toBe(60);
    expect(await sealedUnder()).toEqual({ [masterKeyId(next)]: 61 });
  });

  it('does not begin while a living process does not know the new key, and names it', async () => {
    await store(await Keyring.load(database, masterKeys(former)), 2);
    const keyring = await Keyring.load(database, both);
    const stranger = { id: randomUUID(), roles: ['dispatcher'], version: '1', masterKeyIds: [masterKeyId(former)] };
    await heartbeat(database, stranger, { heartbeatMs: 1_000, lostMs });
    await heartbeat(database, { ...stranger, id: randomUUID(), masterKeyIds: keyring.masterKeyIds }, { heartbeatMs: 1_000, lostMs });
    const refused = await rotateMasterKey(database, keyring, { by, lostMs });
    expect(refused).toEqual({ kind: 'unknown_to', processes: [expect.stringMatching(/^dispatcher on .+ \(process \d+\)$/)] });
    expect(await sealedUnder()).toEqual({ [masterKeyId(former)]: 3 });

    await database.query("UPDATE postback.processes SET heartbeat_at = now() - interval '1 hour' WHERE id = $1", [stranger.id]);
    expect(await rotateMasterKey(database, keyring, { by, lostMs })).toMatchObject({ kind: 'done', secrets: 2 });
  });

  it('leaves alone and reports what does not open under its key', async () => {
    const [broken] = await store(await Keyring.load(database, masterKeys(former)), 12);
    await database.query('UPDATE postback.webhook_secrets SET sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1) WHERE id = $1', [
      broken,
    ]);
    const rotated = await rotateMasterKey(database, await Keyring.load(database, both), { by, lostMs, batchSize: 5 });
    expect(rotated).toEqual({ kind: 'done', secrets: 11, unreadable: [broken] });
    expect(await sealedUnder()).toEqual({ [masterKeyId(next)]: 12, [masterKeyId(former)]: 1 });
  });
});
