import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { spawnChild, spawnConfined } from '../../../src/agents/analyze-document/child/spawn-child.js';
import { defaultLimits } from '../../../src/agents/analyze-document/limits.js';
import { eventually } from '../../support/eventually.js';

/** Tries each way out that a script has, and tells which of them led somewhere. */
const PROBE = `
import child_process from 'node:child_process';
import dgram from 'node:dgram';
import dns, { lookup } from 'node:dns';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import net, { Socket, connect } from 'node:net';
import tls from 'node:tls';
import { Worker } from 'node:worker_threads';

const [port, secret] = [Number(process.argv[2]), process.argv[3]];
const event = (emitter, name) => new Promise((resolve, reject) => emitter.once(name, resolve).once('error', reject));
const called = (call) => new Promise((resolve, reject) => call((error, value) => (error ? reject(error) : resolve(value))));
const ways = {
  environment: () => readFileSync('/proc/' + process.ppid + '/environ'),
  ownEnvironment: () => readFileSync('/proc/self/environ'),
  secret: () => readFileSync(secret),
  folder: () => readdirSync('/'),
  write: () => writeFileSync(secret, 'x'),
  program: () => child_process.execFileSync(process.execPath, ['-v']),
  thread: () => event(new Worker('process.exit()', { eval: true }), 'online'),
  binding: () => process.binding('tcp_wrap'),
  fetch: () => fetch('http://127.0.0.1:' + port).catch((error) => { if (!/without a network/.test(String(error.cause))) return error; throw error; }),
  connect: () => event(connect(port, '127.0.0.1'), 'connect'),
  socket: () => event(new Socket().connect(port, '127.0.0.1'), 'connect'),
  tls: () => event(tls.connect({ port, host: '127.0.0.1' }), 'close'),
  http: () => event(http.get({ port, host: '127.0.0.1' }), 'close'),
  http2: () => event(http2.connect('http://127.0.0.1:' + port), 'connect'),
  listen: () => event(net.createServer().listen(0), 'listening'),
  lookup: () => called((done) => lookup('localhost', done)),
  lookupPromise: () => dns.promises.lookup('localhost'),
  resolver: () => called((done) => new dns.Resolver().resolve4('localhost', done)),
  resolverPromise: () => new dns.promises.Resolver().resolve4('localhost'),
  datagram: () => called((done) => dgram.createSocket('udp4').send('x', 9, '127.0.0.1', done)),
};
const got = [];
for (const [way, go] of Object.entries(ways)) try { await go(); got.push(way); } catch {}
process.stdout.write(JSON.stringify({ got, tried: Object.keys(ways).length }), () => process.exit());
`;

describe('the process that reads documents', () => {
  afterEach(() => {
    delete process.env.POSTBACK_MASTER_KEY;
  });

  it('gets nothing of our environment, so no secret can leak through a document', async () => {
    if (process.platform !== 'linux') return; // there is no /proc to look into
    process.env.POSTBACK_MASTER_KEY = 'a secret';
    const child = spawnChild({ limits: defaultLimits, playbookBytes: 0 });
    try {
      // empty for an instant while one program makes room for the next
      const environment = await eventually(async () => {
        const entries = (await readFile(`/proc/${child.pid}/environ`, 'utf8')).split('\0').filter(Boolean);
        return entries.length > 0 ? entries : null;
      }, 'the environment of the child');
      expect(environment).toEqual(['PATH=/usr/bin:/bin']);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'close');
    }
  });

  it('reaches no file but code, no network, no process and no thread, whatever a document makes it run', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'postback-child-'));
    const [secret, probe] = [join(folder, 'master-key'), join(folder, 'probe.mjs')];
    const connections: unknown[] = [];
    const server = createServer((socket) => connections.push(socket.destroy())).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    writeFileSync(secret, 'the master key');
    writeFileSync(probe, PROBE);
    const child = spawnConfined(probe, defaultLimits, [String(port), secret]);
    try {
      const told = (await child.stdout.toArray()).join('');
      expect(JSON.parse(told)).toEqual({ got: [], tried: expect.any(Number) });
      expect(JSON.parse(told).tried).toBeGreaterThan(15);
      expect(connections).toEqual([]);
    } finally {
      child.kill('SIGKILL');
      server.close();
      rmSync(folder, { recursive: true });
    }
  });

  it('says nothing on its standard output but messages, one per line', async () => {
    const child = spawnChild({ limits: defaultLimits, playbookBytes: 0 });
    child.stdin.end('1. License. Licensor hereby grants to Licensee a license to use the software.');
    const lines = (await child.stdout.toArray()).join('').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).kind)).toEqual(['stage', 'stage', 'done']);
  });
});
