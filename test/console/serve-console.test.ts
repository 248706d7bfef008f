import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Fastify, { type FastifyInstance } from 'fastify';
import { serveConsole } from '../../src/serve-console.js';

const PAGE = '<!doctype html><title>Postback</title>';
const SCRIPT = `console.log('${'x'.repeat(2_000)}');`;

let folder: string;
let built: FastifyInstance;
let bare: FastifyInstance;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'postback-console-'));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), PAGE);
  writeFileSync(join(folder, 'icon.svg'), '<svg/>');
  writeFileSync(join(folder, 'assets/index-a1b2.js'), SCRIPT);
  writeFileSync(join(folder, 'assets/index-a1b2.js.br'), brotliCompressSync(SCRIPT));
  writeFileSync(join(folder, 'assets/index-a1b2.js.gz'), gzipSync(SCRIPT));
  writeFileSync(join(folder, '..', 'outside.txt'), 'not for others');
  [built, bare] = [Fastify(), Fastify()];
  built.setNotFoundHandler((_, reply) => reply.status(404).send('nothing here'));
  serveConsole(built, folder);
  serveConsole(bare, join(folder, 'not-there'));
  await Promise.all([built.ready(), bare.ready()]);
});

afterAll(async () => {
  await Promise.all([built?.close(), bare?.close()]);
  rmSync(folder, { recursive: true, force: true });
});

const get = (url: string, headers: Record<string, string> = {}) => built.inject({ url, headers });

describe('the built console', () => {
  it.each([
    '/console',
    '/console/',
    '/console?x=1',
    '/console/assets',
    '/console/x/',
    '/console/deliveries/01a2?tab=attempts',
    '/console/a/b/c.d',
    '/console/%3Cscript%3E',
  ])('is the page at %s, asked for anew each time', async (url) => {
    const { statusCode, headers, body } = await get(url);
    expect({ statusCode, type: headers['content-type'], cached: headers['cache-control'], body }).toEqual({
      statusCode: 200,
      type: 'text/html; charset=utf-8',
      cached: 'no-cache',
      body: PAGE,
    });
  });

  it.each([
    ['br, gzip', 'br', brotliCompressSync(SCRIPT)],
    ['gzip', 'gzip', gzipSync(SCRIPT)],
    ['identity', undefined, Buffer.from(SCRIPT)],
  ])('sends its scripts as compressed beforehand, to be kept for ever: %s', async (accepted, encoding, bytes) => {
    const { statusCode, headers, rawPayload } = await get('/console/assets/index-a1b2.js', { 'accept-encoding': accepted });
    expect(statusCode).toBe(200);
    expect(headers['content-type']).toMatch(/javascript/);
    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(headers['content-encoding']).toBe(encoding);
    expect(headers.vary).toMatch(/accept-encoding/i);
    expect(rawPayload.equals(bytes)).toBe(true);
  });

  it('looks again for files whose names stay', async () => {
    const { headers, body } = await get('/console/icon.svg');
    expect([headers['cache-control'], headers['content-type'], body]).toEqual(['no-cache', 'image/svg+xml', '<svg/>']);
  });

  it('does not pass the page off as a script that is gone', async () => {
    const { statusCode, headers } = await get('/console/assets/index-0000.js');
    expect([statusCode, headers['content-type']]).toEqual([404, 'application/problem+json; charset=utf-8']);
  });

  it.each(['/console/../outside.txt', '/console/%2e%2e/outside.txt', '/console/assets/..%2f..%2foutside.txt', '/console//etc/passwd'])(
    'leads nowhere else: %s',
    async (url) => {
      const { body } = await get(url);
      expect(body).not.toContain('not for others');
      expect(body).not.toContain('root:');
    },
  );

  it('leaves all other addresses alone', async () => {
    expect((await get('/consoles')).body).toBe('nothing here');
  });
});

describe('a console that was not built', () => {
  it.each(['/console', '/console/deliveries'])('says how to build it: %s', async (url) => {
    const { statusCode, headers, body } = await bare.inject({ url });
    expect([statusCode, headers['content-type']]).toEqual([404, 'application/problem+json; charset=utf-8']);
    expect(JSON.parse(body)).toMatchObject({ code: 'console_not_built', detail: expect.stringContaining('npm run build:console') });
  });
});
