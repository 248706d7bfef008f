import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Exchange, ExchangeFailure, ExchangeResponse } from '../../../src/platform/egress/exchange.js';
import { egressRules } from '../../../src/platform/egress/rules.js';
import { WebhookClient } from '../../../src/platform/egress/webhook-client.js';
import { answer, ok, onRequest, RawReceiver, repeat, type Script } from './support/raw-receiver.js';

const deadlineMs = 400;
/** Where something else than the deadline is expected, a slow machine gets the time for it. */
const patientMs = 10_000;
const bodyMs = 150;
const rules = egressRules({ allowCidrs: ['127.0.0.0/8'], allowHttp: true });

let client: WebhookClient;
beforeEach(() => {
  client = new WebhookClient({ rules, bodyMs });
});
afterEach(() => client.close());

function send(url: string, extra: Partial<Parameters<WebhookClient['send']>[0]> = {}): Promise<Exchange> {
  return client.send({ url, headers: { 'content-type': 'application/json' }, body: '{"a":1}', deadlineMs: patientMs, ...extra });
}

async function exchangeWith(script: Script, within: number): Promise<Exchange> {
  await using receiver = await RawReceiver.start(script);
  return await send(receiver.url, { deadlineMs: within });
}

async function failureWith(script: Script, within = patientMs): Promise<ExchangeFailure> {
  const exchange = await exchangeWith(script, within);
  if (exchange.kind !== 'failure') throw new Error(`expected a failure, got ${exchange.status}`);
  expect(exchange.durationMs).toBeLessThan(within + 10_000);
  return exchange;
}

async function responseWith(script: Script, within = patientMs): Promise<ExchangeResponse> {
  const exchange = await exchangeWith(script, within);
  if (exchange.kind !== 'response') throw new Error(`expected a response, got ${exchange.code}`);
  return exchange;
}

describe('A receiver that answers', () => {
  it('gets the exact bytes, the given headers and its own host name', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const script = onRequest((socket, request) => {
      resolve(request);
      socket.write(ok('thanks'));
    });
    await using receiver = await RawReceiver.start(script);
    const exchange = await send(`http://localhost:${receiver.port}/a/b?c=d#e`, { headers: { 'X-Id': '7' }, body: '{"ü":"€"}' });
    expect(exchange).toMatchObject({ kind: 'response', status: 200, excerpt: 'thanks', truncated: false, reused: false });
    const request = await promise;
    expect(request).toMatch(/^POST \/a\/b\?c=d HTTP\/1\.1\r\n/);
    expect(request).toContain(`host: localhost:${receiver.port}\r\n`);
    expect(request).toContain('X-Id: 7\r\n');
    expect(Buffer.from(request.split('\r\n\r\n')[1]!, 'latin1').toString()).toBe('{"ü":"€"}');
  });

  it('is called over one connection again and again', async () => {
    await using receiver = await RawReceiver.start(answer(ok('')));
    const reused: boolean[] = [];
    for (let i = 0; i < 3; i += 1) {
      reused.push((await send(receiver.url)).reused);
      // Undici frees a connection one turn of the event loop after the answer's end.
      await setImmediate();
    }
    expect(reused).toEqual([false, true, true]);
    expect(receiver.connections).toBe(1);
  });

  it('decides by its status line: 204, 410, 503 and 999 are statuses like any other', async () => {
    for (const status of [204, 410, 503, 999]) {
      const { status: seen } = await responseWith(answer(`HTTP/1.1 ${status} X\r\ncontent-length: 0\r\n\r\n`));
      expect(seen).toBe(status);
    }
  });

  it('has its Retry-After kept under the lower-case name, and no header we do not know', async () => {
    const { headers } = await responseWith(answer(ok('', 'Retry-AFTER: 5\r\nSet-Cookie: a=b\r\nretry-after: 9\r\n')));
    expect(headers).toEqual({ 'retry-after': '5' });
  });

  it('is not followed when it redirects', async () => {
    await using receiver = await RawReceiver.start(answer('HTTP/1.1 301 Moved\r\nlocation: /hook\r\ncontent-length: 0\r\n\r\n'));
    expect(await send(receiver.url)).toMatchObject({ kind: 'response', status: 301, headers: { location: '/hook' } });
    expect(receiver.connections).toBe(1);
  });
});

describe('A receiver that keeps us waiting', () => {
  it('never answers: the deadline ends it and the outcome is unknown', async () => {
    const failure = await failureWith(() => {}, deadlineMs);
    expect(failure).toMatchObject({ phase: 'after', code: 'response_timeout', timedOut: true });
  });

  it('accepts and never reads: the request is known to be partial', async () => {
    await using receiver = await RawReceiver.start((socket) => void socket.pause());
    const exchange = await send(receiver.url, { body: Buffer.alloc(32_000_000, 'x'), deadlineMs });
    expect(exchange).toMatchObject({ kind: 'failure', phase: 'at', code: 'write_timeout', timedOut: true });
  });

  it('drips its headers', async () => {
    const failure = await failureWith((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      repeat(socket, 'x-drip: 1\r\n', 20);
    }, deadlineMs);
    expect(failure).toMatchObject({ phase: 'after', code: 'response_timeout' });
  });

  it('floods with 103', async () => {
    const failure = await failureWith(
      onRequest((socket) => repeat(socket, 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n', 5)),
      deadlineMs,
    );
    expect(failure).toMatchObject({ phase: 'after', code: 'response_timeout' });
  });

  it('says 200 and drips its body for ever: a success, with what came in the time for bodies', async () => {
    const response = await responseWith(
      onRequest((socket) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n');
        repeat(socket, 'z', 20);
      }),
    );
    expect(response).toMatchObject({ status: 200, truncated: true });
    expect(response.excerpt).toMatch(/^z+$/);
    expect(response.durationMs).toBeLessThan(10_000); // the deadline, which it did not wait for
  });

  it('says 200 just before the deadline and drips: still a success, and still on time', async () => {
    const response = await responseWith(
      onRequest((socket) => {
        const timer = setTimeout(() => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nz'), deadlineMs - 80);
        socket.once('close', () => clearTimeout(timer));
      }),
      deadlineMs,
    );
    expect(response).toMatchObject({ status: 200, excerpt: 'z', truncated: true });
  });

  it('is left alone after the deadline: the connection is closed', async () => {
    await using receiver = await RawReceiver.start((socket) => void socket.resume());
    await send(receiver.url, { deadlineMs });
    await receiver.deserted();
  });
});

describe('A receiver that says too much', () => {
  it('sends an endless fast body: a success with the first 16 KB, and the connection is closed', async () => {
    const script = onRequest((socket) => {
      const chunk = Buffer.alloc(65_536, 'e');
      const pump = () => {
        while (!socket.destroyed && socket.write(chunk));
      };
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.on('drain', pump);
      pump();
    });
    await using receiver = await RawReceiver.start(script);
    const response = await send(receiver.url);
    expect(response).toMatchObject({ status: 200, excerpt: 'e'.repeat(16_384), truncated: true });
    await receiver.deserted();
  });

  it('keeps its connection when the rest of a long body is short enough to read', async () => {
    await using receiver = await RawReceiver.start(answer(ok('l'.repeat(40_000))));
    expect(await send(receiver.url)).toMatchObject({ status: 200, truncated: true });
    expect(await send(receiver.url)).toMatchObject({ status: 200 });
    expect(receiver.connections).toBeLessThanOrEqual(2);
  });

  it('sends a gzip bomb: the excerpt is 16 KB of it', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000, 'b'));
    const response = await responseWith(answer(ok(bomb, 'content-encoding: gzip\r\n')));
    expect(response).toMatchObject({ status: 200, excerpt: 'b'.repeat(16_384), truncated: true });
  });

  it('sends a small body in each encoding: it is shown decoded', async () => {
    const encodings = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync };
    for (const [name, encode] of Object.entries(encodings)) {
      const response = await responseWith(answer(ok(encode('hello'), `content-encoding: ${name}\r\n`)));
      expect(response).toMatchObject({ excerpt: 'hello', truncated: false });
    }
  });

  it('lies about its encoding: a success without an excerpt', async () => {
    expect(await responseWith(answer(ok('plain', 'content-encoding: gzip\r\n')))).toMatchObject({
      status: 200,
      excerpt: '',
      truncated: true,
    });
    expect(await responseWith(answer(ok('plain', 'content-encoding: rot13\r\n')))).toMatchObject({ status: 200, excerpt: '' });
  });

  it('sends 500 KB of headers', async () => {
    const headers = `x-big: ${'h'.repeat(8_000)}\r\n`.repeat(63);
    const failure = await failureWith(answer(`HTTP/1.1 200 OK\r\n${headers}\r\n`));
    expect(failure).toMatchObject({ phase: 'after', code: 'headers_too_large', timedOut: false });
  });

  it('sends NUL, invalid UTF-8, markup and ANSI codes: the excerpt is text that Postgres takes', async () => {
    const bytes = Buffer.concat([Buffer.from('a\0b<script>\x1b[31m'), Buffer.from([0xff, 0xed, 0xa0, 0x80]), Buffer.from('€')]);
    const { excerpt } = await responseWith(answer(ok(bytes)));
    expect(excerpt).toBe('a\uFFFDb<script>\x1b[31m\uFFFD\uFFFD\uFFFD\uFFFD€');
    expect(excerpt.isWellFormed()).toBe(true);
  });

  it('sends a character across the 16 KB mark: it is left out whole', async () => {
    const { excerpt } = await responseWith(answer(ok(`${'a'.repeat(16_383)}€ and more`)));
    expect(excerpt).toBe('a'.repeat(16_383));
  });
});

describe('A receiver that breaks off', () => {
  it('resets before the headers', async () => {
    const failure = await failureWith(onRequest((socket) => void socket.resetAndDestroy()));
    expect(failure).toMatchObject({ phase: 'after', code: 'connection_reset', reused: false });
  });

  it('closes in the headers', async () => {
    const failure = await failureWith(onRequest((socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-le')));
    expect(failure).toMatchObject({ phase: 'after', code: 'connection_reset' });
  });

  it('resets after the headers: the status line has decided', async () => {
    const script = onRequest((socket) =>
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf', () => void socket.resetAndDestroy()),
    );
    const response = await responseWith(script);
    expect(response).toMatchObject({ status: 200, truncated: true });
  });

  it('resets a connection it had served before: the failure says that it was a used one', async () => {
    let served = 0;
    const script = onRequest((socket) => {
      served += 1;
      if (served === 1) socket.write(ok(''));
      else socket.resetAndDestroy();
    });
    await using receiver = await RawReceiver.start(script);
    await send(receiver.url);
    await setImmediate();
    expect(await send(receiver.url)).toMatchObject({ kind: 'failure', phase: 'after', code: 'connection_reset', reused: true });
  });

  it('closes each idle connection: the next exchange opens a new one', async () => {
    const ends: Promise<unknown>[] = [];
    const script = onRequest((socket) => {
      ends.push(once(socket, 'close'));
      socket.end(ok(''));
    });
    await using receiver = await RawReceiver.start(script);
    for (let i = 1; i <= 3; i += 1) {
      expect(await send(receiver.url)).toMatchObject({ kind: 'response', reused: false });
      await Promise.all(ends);
    }
  });

  it('is not there: nothing was sent', async () => {
    const receiver = await RawReceiver.start(() => {});
    const { url } = receiver;
    await receiver[Symbol.asyncDispose]();
    expect(await send(url)).toMatchObject({ kind: 'failure', phase: 'before', code: 'connect_refused', timedOut: false });
  });
});

describe('A receiver that speaks something else', () => {
  it.each([
    ['an SSH banner', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['an unsolicited 101', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n'],
    ['two lengths that contradict each other', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello'],
    ['garbage', '\0\0\0\0\r\n\r\n'],
    ['a status of 000', 'HTTP/1.1 000 Nothing\r\ncontent-length: 0\r\n\r\n'],
  ])('sends %s', async (_name, bytes) => {
    const failure = await failureWith(answer(bytes));
    expect(failure).toMatchObject({ phase: 'after', code: 'protocol_error', timedOut: false });
  });
});

describe('After any of them', () => {
  it('a good receiver is served at once', async () => {
    const bad: Script[] = [
      () => {},
      (socket: Socket) => void socket.resetAndDestroy(),
      answer('SSH-2.0-x\r\n'),
      onRequest((socket) => repeat(socket, 'HTTP/1.1 103 Early Hints\r\n\r\n', 5)),
    ];
    await Promise.all(bad.map(exchangeWith));
    expect(await responseWith(answer(ok('fine')))).toMatchObject({ status: 200, excerpt: 'fine' });
  });
});
