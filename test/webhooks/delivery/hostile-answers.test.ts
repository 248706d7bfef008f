import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Exchange } from '../../../src/platform/egress/exchange.js';
import { egressRules } from '../../../src/platform/egress/rules.js';
import { WebhookClient } from '../../../src/platform/egress/webhook-client.js';
import { judge } from '../../../src/webhooks/delivery/outcome.js';
import { planNext } from '../../../src/webhooks/delivery/plan-next.js';
import { defaultRetryPolicy } from '../../../src/webhooks/delivery/retry-schedule.js';
import { answer, ok, onRequest, RawReceiver } from '../../platform/egress/support/raw-receiver.js';

const nowMs = Date.UTC(2026, 10, 8, 8, 49, 37);
const day = 86_400_000;

let client: WebhookClient;
beforeEach(() => {
  client = new WebhookClient({ rules: egressRules({ allowCidrs: ['127.0.0.0/8'], allowHttp: true }) });
});
afterEach(() => client.close());

function send(url: string, deadlineMs = 5_000): Promise<Exchange> {
  return client.send({ url, headers: {}, body: '{}', deadlineMs });
}

/** What becomes of a row after this answer to its first attempt, which the schedule alone would repeat at once. */
function next(exchange: Exchange) {
  return planNext(judge(exchange), { attemptsCharged: 0, maxAttempts: 11, everDelivered: false }, defaultRetryPolicy, { nowMs, random: 0 });
}

function refusal(status: number, headers: string): string {
  return `HTTP/1.1 ${status} No\r\n${headers}content-length: 0\r\n\r\n`;
}

describe('A redirect', () => {
  it.each<[string, (self: RawReceiver, other: RawReceiver) => string]>([
    ['itself', (self) => self.url],
    ['127.0.0.1', (_, other) => other.url],
    ['another host', (_, other) => `http://localhost:${other.port}/hook`],
  ])('301 to %s is a charged failure, and nobody else is called', async (_, target) => {
    await using other = await RawReceiver.start(answer(ok('')));
    await using receiver = await RawReceiver.start((socket, self) =>
      answer(refusal(301, `location: ${target(self, other)}\r\n`))(socket, self),
    );
    const exchange = await send(receiver.url);
    expect(judge(exchange)).toMatchObject({ outcome: 'rejected', charged: true, statusCode: 301 });
    expect(next(exchange)).toEqual({ status: 'pending', attemptsCharged: 1, delayMs: 0 });
    expect([receiver.connections, other.connections]).toEqual([1, 0]);
  });
});

describe('Retry-After', () => {
  const spellings: [string, number][] = [
    ['5', 5_000],
    [new Date(nowMs + 30_000).toUTCString(), 30_000],
    ['1000000000', day],
    ['-5', 0],
    ['0x10', 0],
    ['1e9', 0],
    ['soon', 0],
    ['5\t\x01', 0],
    ['\xff\xfe', 0],
    ['9'.repeat(4_000), 0],
  ];

  it.each([429, 503].flatMap((status) => spellings.map(([value, delayMs]) => [status, value, delayMs] as const)))(
    'of a %i, %j, makes the next attempt wait %i ms',
    async (status, value, delayMs) => {
      await using receiver = await RawReceiver.start(answer(Buffer.from(refusal(status, `retry-after: ${value}\r\n`), 'latin1')));
      expect(next(await send(receiver.url))).toEqual({ status: 'pending', attemptsCharged: 1, delayMs });
    },
  );
});

describe('A receiver that changes its mind', () => {
  it('says 200 after our deadline: a charged time-out, and the late word is nobody else’s answer', async () => {
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    let requests = 0;
    const script = onRequest((socket) => {
      requests += 1;
      if (requests === 1) void over.then(() => socket.write(ok('late')));
      else socket.write(refusal(500, ''));
    });
    await using receiver = await RawReceiver.start(script);
    const late = await send(receiver.url, 100);
    end();
    expect(judge(late)).toMatchObject({ charged: true, next: 'retry', errorCode: 'response_timeout' });
    expect(await send(receiver.url)).toMatchObject({ kind: 'response', status: 500 });
  });

  it('alternates 200 and 500: each request has the outcome of its own answer', async () => {
    let requests = 0;
    const script = onRequest((socket) => {
      requests += 1;
      socket.write(requests % 2 === 1 ? ok('') : refusal(500, ''));
    });
    await using receiver = await RawReceiver.start(script);
    const outcomes: string[] = [];
    for (let i = 0; i < 6; i += 1) outcomes.push(next(await send(receiver.url)).status);
    expect(outcomes).toEqual(['delivered', 'pending', 'delivered', 'pending', 'delivered', 'pending']);
  });
});
