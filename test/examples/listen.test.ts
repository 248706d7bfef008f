import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { readListenOptions } from '../../examples/listen/options.js';
import { startSampleReceiver } from '../../examples/support/sample-receiver.js';
import { packageRoot } from '../../src/platform/package-root.js';

const answers = (...args: string[]) => [1, 2, 3].map((nth) => readListenOptions(args).answer(nth).status);

describe('the options of npm run listen', () => {
  it.each([
    ['', [200, 200, 200]],
    ['--fail 2', [500, 500, 200]],
    ['--fail 1 --status 410', [410, 200, 200]],
    ['--status 204', [204, 204, 204]],
    ['--fail 2 --drop', [null, null, 200]],
    ['--drop', [null, null, null]],
  ])('"%s" answers %j', (args, expected) => {
    expect(answers(...args.split(' ').filter(Boolean))).toEqual(expected);
  });

  it('send Retry-After with what is no success', () => {
    const { answer } = readListenOptions(['--fail', '1', '--status', '429', '--retry-after', '7', '--delay', '50']);
    expect([answer(1), answer(2)]).toEqual([
      { status: 429, retryAfter: '7', delayMs: 50 },
      { status: 200, retryAfter: null, delayMs: 50 },
    ]);
  });

  it.each([
    [['--port', 'x'], '--port is a whole number from 0 to 65535, not "x".'],
    [['--status', '99'], '--status is a whole number from 200 to 599, not "99".'],
    [['--drop', '--status', '500'], '--drop sends no status; give one of --drop and --status.'],
    [['--slow'], "Unknown option '--slow'"],
  ])('%j are answered with a sentence', (args, sentence) => {
    expect(() => readListenOptions(args)).toThrow(sentence);
  });
});

describe('the sample receiver', () => {
  it('takes what it has no secret for, drops and delays as told', async () => {
    const verified: unknown[] = [];
    const receiver = await startSampleReceiver({
      port: 0,
      secret: null,
      answer: (nth) => (nth === 1 ? { status: null } : { status: 503, delayMs: 30, retryAfter: '9' }),
      onDelivery: (delivery) => verified.push(delivery.verified),
    });
    const post = () => fetch(receiver.url, { method: 'POST', body: '{}' });
    await expect(post()).rejects.toThrow('fetch failed');
    const startedAt = performance.now();
    const answer = await post();
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '9']);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(29);
    expect(verified).toEqual([null, null]);
    await receiver.stop();
  });

  it('goes on when whoever sends hangs up in the middle', async () => {
    const taken: string[] = [];
    const receiver = await startSampleReceiver({
      port: 0,
      secret: null,
      answer: () => ({ status: 204 }),
      onDelivery: ({ body }) => taken.push(body.toString()),
    });
    const socket = connect(Number(new URL(receiver.url).port), '127.0.0.1');
    socket.write('POST /hook HTTP/1.1\r\nhost: receiver\r\nexpect: 100-continue\r\ncontent-length: 100\r\n\r\n{"half":');
    await once(socket, 'data'); // it reads by now
    socket.destroy();
    await once(socket, 'close');
    expect((await fetch(receiver.url, { method: 'POST', body: 'whole' })).status).toBe(204);
    expect(taken).toEqual(['whole']);
    await receiver.stop();
  });
});

describe('a port that is taken', () => {
  it.each([
    ['npm run listen', 'listen', 'choose a free one with --port'],
    ['npm run dev', 'dev', 'choose a free port for the receiver: RECEIVER_PORT='],
  ])('is said by %s, with what to do', async (_, program, advice) => {
    const other = await startSampleReceiver({ port: 0, secret: null, answer: () => ({ status: 200 }), onDelivery: () => {} });
    const { port } = new URL(other.url);
    const args = program === 'listen' ? ['--port', port] : [];
    const run = promisify(execFile)(process.execPath, [packageRoot(`dist/examples/${program}/main.js`), ...args], {
      env: { PATH: process.env.PATH, RECEIVER_PORT: port },
    });
    await expect(run).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(advice) });
    await other.stop();
  });
});
