import { afterEach, describe, expect, it } from '@jest/globals';
import { guardedConnector } from '../../../src/platform/egress/connector.js';
import type { WebhookRequest } from '../../../src/platform/egress/exchange.js';
import { ExchangeHandler } from '../../../src/platform/egress/exchange-handler.js';
import { OriginPools } from '../../../src/platform/egress/origin-pools.js';
import { egressRules } from '../../../src/platform/egress/rules.js';
import { TenantPolicy } from '../../../src/platform/egress/tenant-policy.js';
import { WebhookClient, type WebhookClientOptions } from '../../../src/platform/egress/webhook-client.js';
import { FakeResolver } from './support/fake-resolver.js';
import { answer, ok, onRequest, pem, RawReceiver } from './support/raw-receiver.js';

const rules = egressRules({ allowCidrs: ['127.0.0.0/8'], allowHttp: true });

const open: WebhookClient[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((client) => client.close()));
});

function clientWith(options: Partial<WebhookClientOptions> = {}): WebhookClient {
  const client = new WebhookClient({ rules, ...options });
  open.push(client);
  return client;
}

const request: WebhookRequest = { url: 'http://127.0.0.1:1/', headers: {}, body: '{}', deadlineMs: 10_000 };

describe('What cannot be sent', () => {
  it.each([
    ['a header name with a space', { headers: { 'x y': '1' } }],
    ['a header with a line break', { headers: { 'x-a': '1\r\nx-b: 2' } }],
    ['a header beyond Latin-1', { headers: { 'x-a': '€' } }],
    ['one header in two spellings', { headers: { 'X-A': '1', 'x-a': '2' } }],
    ['a host header', { headers: { Host: 'other.example' } }],
    ['a transfer-encoding header', { headers: { 'Transfer-Encoding': 'chunked' } }],
    ['a deadline of zero', { deadlineMs: 0 }],
    ['a deadline that is no number', { deadlineMs: Number.NaN }],
    ['a URL that is none', { url: 'nonsense' }],
    ['a URL with a line break', { url: 'http://127.0.0.1/\r\nx: y' }],
  ])('is a failure before the request: %s', async (_name, wrong) => {
    expect(await clientWith().send({ ...request, ...wrong })).toMatchObject({ kind: 'failure', phase: 'before', code: 'invalid_request' });
  });
});

describe('A shutdown', () => {
  it('before the request sends nothing', async () => {
    const signal = AbortSignal.abort();
    expect(await clientWith().send({ ...request, signal })).toMatchObject({ phase: 'before', code: 'aborted' });
  });

  it('while the name is resolved sends nothing', async () => {
    const stop = new AbortController();
    const resolver = {
      resolve() {
        stop.abort();
        return new Promise<never>(() => {});
      },
    };
    const exchange = await clientWith({ resolver }).send({ ...request, url: 'http://a.example/', signal: stop.signal });
    expect(exchange).toMatchObject({ phase: 'before', code: 'aborted', timedOut: false });
  });

  it('after the request leaves the outcome unknown', async () => {
    const stop = new AbortController();
    await using receiver = await RawReceiver.start(onRequest(() => stop.abort()));
    expect(await clientWith().send({ ...request, url: receiver.url, signal: stop.signal })).toMatchObject({
      phase: 'after',
      code: 'aborted',
    });
    await receiver.deserted();
  });

  it('after the status line does not take the success back', async () => {
    const handler = new ExchangeHandler({ deadlineMs: 1_000, bodyMs: 1_000, now: () => 0 });
    const controller = { aborted: false, paused: false, reason: null, abort() {}, pause() {}, resume() {} };
    handler.onRequestStart(controller);
    handler.onResponseStart(controller, 200, {});
    handler.onResponseData(controller, Buffer.from('half'));
    handler.abort();
    expect(await handler.outcome).toMatchObject({ kind: 'response', status: 200, excerpt: 'half', truncated: true });
    handler.onResponseEnd();
  });

  it('by close ends what is under way, and nothing is sent afterwards', async () => {
    const client = clientWith();
    await using receiver = await RawReceiver.start(onRequest(() => void client.close()));
    expect(await client.send({ ...request, url: receiver.url })).toMatchObject({ phase: 'after', code: 'aborted' });
    expect(await client.send({ ...request, url: receiver.url })).toMatchObject({ phase: 'before', code: 'aborted' });
  });
});

describe('A connection', () => {
  it('over TLS that is never answered leaves the outcome unknown', async () => {
    await using receiver = await RawReceiver.start((socket) => void socket.resume(), 'good');
    const client = clientWith({ ca: [pem('ca')] });
    const exchange = await client.send({ ...request, url: `https://127.0.0.1:${receiver.port}/`, deadlineMs: 200 });
    expect(exchange).toMatchObject({ phase: 'after', code: 'response_timeout', timedOut: true });
  });

  it('that does not become free in time is our failure, and nothing was sent', async () => {
    await using receiver = await RawReceiver.start((socket) => void socket.resume());
    const client = clientWith({ connectionsPerOrigin: 1 });
    const first = client.send({ ...request, url: receiver.url, deadlineMs: 300 });
    const second = await client.send({ ...request, url: receiver.url, deadlineMs: 100 });
    expect(second).toMatchObject({ phase: 'before', code: 'pool_timeout', timedOut: true });
    expect(await first).toMatchObject({ phase: 'after', code: 'response_timeout' });
    expect(receiver.connections).toBe(1);
  });

  it('that stands too late carries nothing of the exchange that ended meanwhile, and serves the next', async () => {
    const { promise, resolve } = Promise.withResolvers<string[]>();
    const bodies: string[] = [];
    const script = onRequest((socket, whole) => {
      bodies.push(whole.slice(whole.indexOf('\r\n\r\n') + 4));
      socket.write(ok(''));
    });
    await using receiver = await RawReceiver.start(script);
    const client = clientWith({ resolver: { resolve: () => promise }, connectionsPerOrigin: 1 });
    const url = `http://slow.example:${receiver.port}/`;
    expect(await client.send({ ...request, url, body: 'late', deadlineMs: 50 })).toMatchObject({ phase: 'before', code: 'dns_timeout' });
    resolve(['127.0.0.1']);
    expect(await client.send({ ...request, url, body: 'next' })).toMatchObject({ kind: 'response', status: 200, reused: false });
    expect(bodies).toEqual(['next']);
    expect(receiver.connections).toBe(1);
  });

  it('to a literal address is judged by the connector itself', async () => {
    const policy = new TenantPolicy(egressRules({ allowCidrs: [], allowHttp: true }), new FakeResolver({}));
    const connect = guardedConnector({ policy });
    const { promise, resolve } = Promise.withResolvers<unknown>();
    connect({ protocol: 'http:', hostname: '127.0.0.1', host: '127.0.0.1', port: '' }, (...outcome) => resolve(outcome[0]));
    expect(await promise).toMatchObject({ name: 'EgressBlocked', code: 'blocked_target' });
  });
});

describe('The pools', () => {
  it('of origins that are not in use give way to new ones', async () => {
    await using receiver = await RawReceiver.start(answer(ok('')));
    const names = Array.from({ length: 20 }, (_, i) => `o${i}.localhost`);
    const client = clientWith({ maxPools: 3 });
    for (const name of names)
      expect(await client.send({ ...request, url: `http://${name}:${receiver.port}/` })).toMatchObject({ status: 200 });
    expect(receiver.connections).toBe(20);
  });

  it('are bounded, and dropped when idle', async () => {
    let now = 0;
    const pools = new OriginPools({
      connect: (_asked, callback) => callback(new Error('no'), null),
      now: () => now,
      maxPools: 3,
      idlePoolMs: 1_000,
    });
    const use = (origin: string) => {
      pools.dispatch(
        origin,
        { path: '/', method: 'POST' },
        { assigned() {}, onRequestStart() {}, onResponseStart() {}, onResponseData() {}, onResponseEnd() {}, onResponseError() {} },
      );
      pools.release(origin);
    };
    for (let i = 0; i < 10; i += 1) use(`http://o${i}.example`);
    expect(pools.size).toBe(3);
    now = 5_000;
    use('http://new.example');
    expect(pools.size).toBe(1);
    await pools.destroy();
  });
});
