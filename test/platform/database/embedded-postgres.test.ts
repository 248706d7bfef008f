import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { isAlive } from '../../../src/platform/database/embedded/process-birth.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../src/platform/database/embedded-postgres.js';

const log: string[] = [];

const start = (dataDir: string, serverSettings?: Record<string, string>) =>
  startEmbeddedPostgres({ dataDir, database: 'postback', log: (line) => log.push(line), ...(serverSettings && { serverSettings }) });

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

/** One that the server's user can enter when the tests run as root. */
function makeDir(mode = 0o755): string {
  const dir = mkdtempSync(join(tmpdir(), 'embedded-'));
  chmodSync(dir, mode);
  return dir;
}

const pidOf = (dataDir: string): number => Number(readFileSync(join(dataDir, 'postgres/cluster/postmaster.pid'), 'utf8').split('\n')[0]);

const children: ChildProcess[] = [];

interface Started {
  child: ChildProcess;
  lines: Interface;
  url: string;
}

/** In a process group of its own, as a terminal would do it. */
async function startProcess(dataDir: string, then: 'wait' | 'exit'): Promise<Started> {
  const args = ['--import', resolve('test/support/typescript.js'), resolve('test/support/embedded-postgres-process.ts'), dataDir, then];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  children.push(child);
  const lines = createInterface(child.stdout);
  const [line] = (await once(lines, 'line')) as [string];
  return { child, lines, url: line.replace('started ', '') };
}

async function kill({ child }: Started): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

describe('an embedded Postgres', () => {
  const dir = makeDir();
  const open: EmbeddedPostgres[] = [];

  const startHere = async (): Promise<EmbeddedPostgres> => {
    const server = await start(dir);
    open.push(server);
    return server;
  };

  // The first start makes the cluster, and takes longer than those that the tests are about.
  beforeAll(async () => {
    const server = await start(dir);
    await query(server.url, `CREATE TABLE kept AS SELECT 'é' AS word`);
    await server.stop();
  });

  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    for (const server of open.splice(0)) await server.stop();
    log.length = 0;
  });

  afterAll(() => rmSync(dir, { recursive: true }));

  it('knows UTF-8, whatever the locale of the machine', async () => {
    const { url } = await startHere();
    const [row] = await query(url, `SELECT length(word), upper(word) AS upper, current_setting('server_encoding') AS encoding FROM kept`);
    expect(row).toEqual({ length: 1, upper: 'É', encoding: 'UTF8' });
  });

  it('is durable, listens on loopback only and wants a password that only its user can read', async () => {
    const { url } = await startHere();
    const [row] = await query(
      url,
      `SELECT current_setting('fsync') AS fsync, current_setting('listen_addresses') AS listen, current_setting('unix_socket_directories') AS socket`,
    );
    expect(row).toEqual({ fsync: 'on', listen: '127.0.0.1', socket: '' });
    expect(statSync(join(dir, 'postgres/password')).mode & 0o777).toBe(0o600);
    const wrong = new URL(url);
    wrong.password = 'postgres';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
  });

  it('keeps its data over a restart and leaves no process behind', async () => {
    const server = await startHere();
    const pid = pidOf(dir);
    await server.stop();
    expect(isAlive(pid)).toBe(false);
    const again = await startHere();
    expect(again.adopted).toBe(false);
    expect(await query(again.url, 'SELECT word FROM kept')).toEqual([{ word: 'é' }]);
  });

  it('is taken over, with its data, when the process that started it was killed', async () => {
    const killed = await startProcess(dir, 'wait');
    await query(killed.url, 'CREATE TABLE written AS SELECT 1 AS by_the_killed');
    const pid = pidOf(dir);
    await kill(killed);
    const server = await startHere();
    expect(server).toMatchObject({ adopted: true, url: killed.url });
    expect(pidOf(dir)).toBe(pid);
    expect(await query(server.url, 'SELECT by_the_killed FROM written')).toEqual([{ by_the_killed: 1 }]);
    expect(log).toEqual([`Took over the Postgres that a killed process had left running (process ${pid}).`]);
    await server.stop();
    expect(existsSync(join(dir, 'postgres/cluster/postmaster.pid'))).toBe(false);
  });

  it('is joined by a second process, whose stop leaves it to the first', async () => {
    const first = await startProcess(dir, 'wait');
    const guest = await startHere();
    expect(guest).toMatchObject({ adopted: false, url: first.url });
    await guest.stop();
    expect(await query(first.url, 'SELECT 1 AS alive')).toEqual([{ alive: 1 }]);
    await kill(first);
    expect((await startHere()).adopted).toBe(true);
  });

  it('is not stopped under a guest: the last one out stops it', async () => {
    const first = await startHere();
    const guest = await startHere();
    await first.stop();
    expect(await query(guest.url, 'SELECT 1 AS alive')).toEqual([{ alive: 1 }]);
    await guest.stop();
    await expect(query(guest.url, 'SELECT 1')).rejects.toThrow(/ECONNREFUSED/);
  });

  it('is told to stop by a process that exits without stopping it', async () => {
    const { child } = await startProcess(dir, 'exit');
    if (child.exitCode === null) await once(child, 'exit');
    expect((await startHere()).adopted).toBe(false);
  });

  it('outlives Ctrl-C until the application has drained', async () => {
    const { child, lines } = await startProcess(dir, 'wait');
    process.kill(-(child.pid ?? 0), 'SIGINT');
    expect(await once(lines, 'line')).toEqual(['drained']);
    expect(existsSync(join(dir, 'postgres/cluster/postmaster.pid'))).toBe(false);
  });

  it('starts although a crash left a lock behind whose process id was given to a stranger', async () => {
    writeFileSync(join(dir, 'postgres/cluster/postmaster.pid'), `${process.pid}\n${dir}\n0\n5432\n\n127.0.0.1\n0 0\nready\n`);
    const server = await startHere();
    expect(server.adopted).toBe(false);
    expect(await query(server.url, 'SELECT word FROM kept')).toEqual([{ word: 'é' }]);
  });

  it('says why it does not start, quoting its log', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    await expect(start(dir, { port: String(port) })).rejects.toThrow(/does not start.*server\.log ends with:.*could not bind/s);
    taken.close();
  });

  it('refuses data of another major version', async () => {
    const file = join(dir, 'postgres/cluster/PG_VERSION');
    const version = readFileSync(file);
    writeFileSync(file, '14\n');
    await expect(start(dir)).rejects.toThrow(/was made by Postgres 14/);
    writeFileSync(file, version);
  });
});

describe('the first start of an embedded Postgres', () => {
  it('may happen twice at once', async () => {
    const dir = join(makeDir(), 'deep/down');
    const servers = await Promise.all([start(dir), start(dir)]);
    expect(servers[0].url).toBe(servers[1].url);
    for (const server of servers) await server.stop();
    rmSync(resolve(dir, '../..'), { recursive: true });
  });

  it('moves away from a directory that the user of Postgres cannot enter, when it runs as root', async () => {
    const dir = makeDir(0o700);
    const server = await start(dir);
    const moved = server.dataDir !== dir;
    expect(moved).toBe(process.getuid?.() === 0);
    expect(log).toEqual(moved ? [`The user of Postgres cannot enter ${dir}: the data is kept in ${server.dataDir}.`] : []);
    expect(dirname(server.dataDir)).toBe(moved ? '/var/lib/postback' : tmpdir());
    await server.stop();
    const again = await start(dir);
    expect(again.dataDir).toBe(server.dataDir);
    await again.stop();
    for (const used of [dir, server.dataDir]) rmSync(used, { recursive: true, force: true });
  });
});
