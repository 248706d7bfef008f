import { afterEach, describe, expect, it } from '@jest/globals';
import { OperatorClient } from '../../../src/platform/egress/operator-client.js';
import { FakeResolver } from './support/fake-resolver.js';
import { answer, ok, onRequest, RawReceiver, repeat } from './support/raw-receiver.js';

const open: OperatorClient[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((client) => client.close()));
});

function clientFor(...urls: string[]): OperatorClient {
  const client = new OperatorClient({ urls, resolver: new FakeResolver({}) });
  open.push(client);
  return client;
}

describe('A configured host', () => {
  it('is called wherever it is, and its answer is a value', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const script = onRequest((socket, request) => {
      resolve(request);
      socket.write('HTTP/1.1 429 Slow\r\nretry-after: 3\r\ncontent-length: 4\r\n\r\nwait');
    });
    await using sink = await RawReceiver.start(script);
    const result = await clientFor(sink.url).postJson(
      `${sink.url}/deeper`,
      { text: 'hi "ü"' },
      { timeoutMs: 1_000, headers: { 'x-key': 'k' } },
    );
    expect(result).toEqual({ kind: 'response', status: 429, retryAfter: '3', text: 'wait' });
    const request = await promise;
    expect(request).toMatch(/^POST \/hook\/deeper HTTP\/1\.1\r\n/);
    expect(request).toMatch(/\r\ncontent-type: application\/json\r\n/i);
    expect(request).toMatch(/\r\nx-key: k\r\n/);
    expect(Buffer.from(request.split('\r\n\r\n')[1]!, 'latin1').toString()).toBe('{"text":"hi \\"ü\\""}');
  });

  it('may be one that only the hosts file knows', async () => {
    await using sink = await RawReceiver.start(answer(ok('')));
    const url = `http://localhost:${sink.port}/`;
    expect(await clientFor(url).postJson(url, {}, { timeoutMs: 1_000 })).toMatchObject({ status: 200 });
  });

  it('that drips its answer, or sends too much of it, is a failure in time', async () => {
    const script = onRequest((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n');
      repeat(socket, 'z', 20);
    });
    await using dripping = await RawReceiver.start(script);
    expect(await clientFor(dripping.url).postJson(dripping.url, {}, { timeoutMs: 200 })).toMatchObject({
      kind: 'failure',
      code: 'timeout',
    });
    await using talking = await RawReceiver.start(answer(ok('x'.repeat(2_000))));
    expect(await clientFor(talking.url).postJson(talking.url, {}, { timeoutMs: 1_000, maxBytes: 1_000 })).toMatchObject({
      code: 'too_large',
    });
  });

  it('that is down is a failure whose message does not hold the URL, which is a secret', async () => {
    const sink = await RawReceiver.start(() => {});
    const url = `${sink.url}/T000/B000/secret`;
    await sink[Symbol.asyncDispose]();
    const result = await clientFor(url).postJson(url, {}, { timeoutMs: 1_000 });
    expect(result).toMatchObject({ kind: 'failure', code: 'unreachable' });
    expect(JSON.stringify(result)).not.toContain('secret');
  });

  it('is let go of at shutdown', async () => {
    const stop = new AbortController();
    await using sink = await RawReceiver.start(onRequest(() => stop.abort()));
    expect(await clientFor(sink.url).postJson(sink.url, {}, { timeoutMs: 1_000, signal: stop.signal })).toMatchObject({ code: 'aborted' });
  });
});

describe('Any other host', () => {
  it('is blocked with nothing on the wire, also another port of a configured one', async () => {
    await using other = await RawReceiver.start(answer(ok('')));
    const client = clientFor('http://127.0.0.1:1/', 'https://hooks.slack.com/services/x');
    expect(await client.postJson(other.url, {}, { timeoutMs: 1_000 })).toMatchObject({ kind: 'failure', code: 'blocked_target' });
    expect(await client.postJson('http://hooks.slack.com/services/x', {}, { timeoutMs: 1_000 })).toMatchObject({ code: 'blocked_target' });
    expect(other.connections).toBe(0);
  });
});
