import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { newId } from '../../../src/platform/ids.js';
import { WakeUpChannel } from '../../../src/platform/lifecycle/wake-up-channel.js';
import { WakeUps } from '../../../src/platform/lifecycle/wake-ups.js';
import { createLogger } from '../../../src/platform/logging/logger.js';
import { eventually } from '../../support/eventually.js';
import { openParts, type Parts } from '../../support/parts.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.js';

let database: TestDatabase;
let parts: Parts;
const channels: WakeUpChannel[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  parts = await openParts(database);
});

afterAll(async () => {
  await Promise.all(channels.map((channel) => channel.close()));
  await parts?.close();
  await database?.drop();
});

describe('wake-ups between processes', () => {
  it('name the tasks they are about, each once, however many there are and however often they ring', async () => {
    const [here, there] = [openWakeUps(), openWakeUps()];
    const heard: string[] = [];
    there.on('task-events', (ids) => heard.push(...ids));
    await listening(2);
    const ids = Array.from({ length: 450 }, newId);
    here.ring('task-events', ids.slice(0, 1)); // goes at once
    for (const id of ids) here.ring('task-events', [id, ids[1]!]); // gathered until the quiet time is over
    await eventually(async () => new Set(heard).size === ids.length, 'every id to arrive');
    expect(new Set(heard)).toEqual(new Set(ids));
    expect(heard.filter((id) => id === ids[1])).toHaveLength(1);
  });

  it('name the endpoints that are due, and say besides when there may be any', async () => {
    const [here, there] = [openWakeUps(), openWakeUps()];
    const heard: (readonly string[])[] = [];
    there.on('delivery-due', (ids) => heard.push(ids));
    await listening(4);
    const [first, second] = [newId(), newId()];
    here.ring('delivery-due', [first]);
    here.ring('delivery-due', [second]); // with the next one, after the quiet time
    here.ring('delivery-due');
    await eventually(async () => heard.length === 3, 'every ring to arrive');
    expect(heard).toEqual([[first], [], [second]]);
  });

  it('do not come back to the process that rang, which has heard itself', async () => {
    const [here, there] = [openWakeUps(), openWakeUps()];
    const heard: string[] = [];
    here.on('task-queued', () => heard.push('here'));
    there.on('task-queued', () => heard.push('there'));
    await listening(6);
    here.ring('task-queued');
    there.on('alert-due', () => heard.push('after'));
    await eventually(async () => heard.includes('there'), 'the other process to hear');
    here.ring('alert-due'); // on the same connection, so behind whatever was still on its way
    await eventually(async () => heard.includes('after'), 'the next ring to be heard');
    expect(heard).toEqual(['here', 'there', 'after']);
  });
});

/** A process' wake-ups, with a channel of their own. */
function openWakeUps(): WakeUps {
  const wakeUps = new WakeUps();
  const channel = new WakeUpChannel(database.url, parts.database, wakeUps, createLogger('silent'), newId());
  channel.open();
  channels.push(channel);
  return wakeUps;
}

async function listening(count: number): Promise<void> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await eventually(async () => {
    const { rows } = await client.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%' AND state = 'idle'`,
    );
    return rows.length === count;
  }, `${count} channels to listen`);
  await client.end();
}
