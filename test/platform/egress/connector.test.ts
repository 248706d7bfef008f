import { afterEach, describe, expect, it } from '@jest/globals';
import { dial } from '../../../src/platform/egress/dial.js';
import { ResolveFailed } from '../../../src/platform/egress/errors.js';
import type { Exchange } from '../../../src/platform/egress/exchange.js';
import { DnsResolver } from '../../../src/platform/egress/resolver.js';
import { type EgressOptions, egressRules } from '../../../src/platform/egress/rules.js';
import { TenantPolicy } from '../../../src/platform/egress/tenant-policy.js';
import { WebhookClient, type WebhookClientOptions } from '../../../src/platform/egress/webhook-client.js';
import { FakeResolver } from './support/fake-resolver.js';
import { NameServer } from './support/name-server.js';
import { answer, ok, pem, RawReceiver } from './support/raw-receiver.js';

const open: WebhookClient[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((client) => client.close()));
});

function clientWith(options: Partial<WebhookClientOptions> & { egress?: Partial<EgressOptions> }): WebhookClient {
  const rules = egressRules({ allowCidrs: ['127.0.0.0/8'], allowHttp: true, ...options.egress });
  const client = new WebhookClient({ rules, ...options });
  open.push(client);
  return client;
}

function post(client: WebhookClient, url: string, deadlineMs = 10_000): Promise<Exchange> {
  return client.send({ url, headers: {}, body: '{}', deadlineMs });
}

describe('A name', () => {
  it('with one public and one private address is refused, and nobody is called', async () => {
    await using receiver = await RawReceiver.start(answer(ok('')));
    const resolver = new FakeResolver({ 'mixed.example': [['8.8.8.8', '127.0.0.1']] });
    const client = clientWith({ resolver, egress: { allowCidrs: [] } });
    const exchange = await post(client, `http://mixed.example:${receiver.port}/`);
    expect(exchange).toMatchObject({ kind: 'failure', phase: 'before', code: 'blocked_target', timedOut: false });
    expect(receiver.connections).toBe(0);
  });

  it('with an allowed and a private address is refused too', async () => {
    await using receiver = await RawReceiver.start(answer(ok('')));
    const client = clientWith({ resolver: new FakeResolver({ 'mixed.example': [['127.0.0.1', '10.0.0.1']] }) });
    expect(await post(client, `http://mixed.example:${receiver.port}/`)).toMatchObject({ code: 'blocked_target' });
    expect(receiver.connections).toBe(0);
  });

  it('that turns private on the second lookup is refused at the second connect', async () => {
    await using receiver = await RawReceiver.start(answer('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'));
    const resolver = new FakeResolver({ 'turning.example': [['127.0.0.1'], ['127.0.0.1', '10.0.0.1']] });
    const client = clientWith({ resolver });
    const url = `http://turning.example:${receiver.port}/`;
    expect(await post(client, url)).toMatchObject({ kind: 'response', status: 200 });
    await receiver.deserted();
    expect(await post(client, url)).toMatchObject({ kind: 'failure', phase: 'before', code: 'blocked_target' });
    expect(receiver.connections).toBe(1);
    expect(resolver.asked).toEqual(['turning.example', 'turning.example']);
  });

  it('that is private is refused without asking a name server', async () => {
    const resolver = new FakeResolver({});
    const client = clientWith({ resolver, egress: { allowCidrs: [] } });
    for (const host of ['localhost', 'x.localhost', 'db.internal', 'single']) {
      expect(await post(client, `http://${host}/`)).toMatchObject({ phase: 'before', code: 'blocked_target' });
    }
    expect(resolver.asked).toEqual([]);
  });

  it('that is private is open when all its addresses lie in an allowed range, on any port', async () => {
    await using receiver = await RawReceiver.start(answer(ok('')));
    const client = clientWith({ resolver: new FakeResolver({ receiver: [['127.0.0.1']] }) });
    expect(await post(client, `http://receiver:${receiver.port}/`)).toMatchObject({ status: 200 });
  });

  it('that is private stays closed when allowed ranges are elsewhere', async () => {
    const client = clientWith({ resolver: new FakeResolver({ receiver: [['8.8.8.8']], 'ssh.example': [['8.8.8.8']] }) });
    expect(await post(client, 'http://receiver/')).toMatchObject({
      code: 'blocked_target',
      message: expect.stringContaining('"receiver" is not a public host name'),
    });
    expect(await post(client, 'http://ssh.example:22/')).toMatchObject({
      code: 'blocked_target',
      message: expect.stringContaining('Port 22'),
    });
  });

  it('under localhost means loopback without asking anybody', async () => {
    await using receiver = await RawReceiver.start(answer(ok('')));
    const resolver = new FakeResolver({});
    const client = clientWith({ resolver });
    for (const host of ['localhost', 'hooks.localhost']) {
      expect(await post(client, `http://${host}:${receiver.port}/`)).toMatchObject({ status: 200 });
    }
    expect(resolver.asked).toEqual([]);
  });

  it.each([
    ['nxdomain', 'dns_not_found', false],
    ['servfail', 'dns_failed', false],
    ['timeout', 'dns_timeout', true],
  ] as const)('that fails with %s says whose fault it is', async (kind, code, timedOut) => {
    const client = clientWith({ resolver: new FakeResolver({ 'a.example': [new ResolveFailed(kind, 'a.example')] }) });
    expect(await post(client, 'http://a.example/')).toMatchObject({ kind: 'failure', phase: 'before', code, timedOut });
  });

  it('that is never answered costs the deadline, as a time-out of ours', async () => {
    const client = clientWith({ resolver: { resolve: () => new Promise(() => {}) } });
    expect(await post(client, 'http://a.example/', 100)).toMatchObject({ phase: 'before', code: 'dns_timeout', timedOut: true });
  });
});

describe('The policy for tenants', () => {
  it('applies scheme, name and port rules itself, before it asks a name server', async () => {
    const resolver = new FakeResolver({ 'a.example': [['8.8.8.8']] });
    const policy = new TenantPolicy(egressRules({ allowCidrs: [], allowHttp: false }), resolver);
    const target = { protocol: 'https:', host: 'a.example', port: 443 };
    for (const wrong of [{ protocol: 'http:' }, { host: 'localhost' }, { host: 'db.internal' }, { port: 22 }, { host: '10.0.0.1' }]) {
      await expect(policy.vet({ ...target, ...wrong })).rejects.toMatchObject({ code: 'blocked_target' });
    }
    expect(resolver.asked).toEqual([]);
    expect(await policy.vet(target)).toEqual(['8.8.8.8']);
  });
});

describe('An IP literal', () => {
  it('that is not public is refused with nothing on the wire', async () => {
    await using receiver = await RawReceiver.start(answer(ok('')));
    const client = clientWith({ egress: { allowCidrs: [] } });
    for (const host of ['127.0.0.1', '127.1', '0x7f000001', '[::ffff:127.0.0.1]', '0']) {
      expect(await post(client, `http://${host}:${receiver.port}/`)).toMatchObject({ phase: 'before', code: 'blocked_target' });
    }
    expect(receiver.connections).toBe(0);
  });
});

describe('A refusal', () => {
  it('names the setting and no address that a name led to', async () => {
    const client = clientWith({ resolver: new FakeResolver({ 'inside.example': [['10.11.12.13']] }), egress: { allowCidrs: [] } });
    const exchange = await post(client, 'http://inside.example/');
    expect(exchange).toMatchObject({ message: expect.stringContaining('POSTBACK_EGRESS_ALLOW_CIDRS') });
    expect(JSON.stringify(exchange)).not.toContain('10.11.12.13');
  });
});

describe('Several addresses', () => {
  it('are tried in turn until one accepts', async () => {
    await using receiver = await RawReceiver.start(answer(ok('')));
    const resolver = new FakeResolver({ 'many.example': [['127.0.0.2', '127.0.0.3', '127.0.0.1']] });
    expect(await post(clientWith({ resolver }), `http://many.example:${receiver.port}/`)).toMatchObject({ status: 200 });
  });

  it('that all refuse fail with the first refusal', async () => {
    await using receiver = await RawReceiver.start(answer(ok('')));
    await expect(dial(['127.0.0.2', '127.0.0.3'], receiver.port, new AbortController().signal)).rejects.toMatchObject({
      code: 'ECONNREFUSED',
      address: '127.0.0.2',
    });
  });

  it('are given up when the signal says so', async () => {
    const reason = new Error('enough');
    await expect(dial(['127.0.0.1'], 1, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});

describe('The peer of a connection', () => {
  it('that is not the address which was vetted ends it, with nothing sent', async () => {
    let heard = 0;
    await using receiver = await RawReceiver.start((socket) =>
      socket.on('data', () => {
        heard += 1;
      }),
    );
    // the one address whose connection leads to another: this machine itself
    const vetted = new FakeResolver({ 'elsewhere.example': [['0.0.0.0']] });
    const client = clientWith({ resolver: vetted, egress: { allowCidrs: ['0.0.0.0/32'] } });
    expect(await post(client, `http://elsewhere.example:${receiver.port}/`)).toMatchObject({
      phase: 'before',
      code: 'blocked_target',
      message: expect.stringContaining('another address than the one that was checked'),
    });
    await receiver.deserted();
    expect(heard).toBe(0);
  });
});

describe('A silent name server', () => {
  it('holds up those who ask for its names, and nobody else', async () => {
    await using receiver = await RawReceiver.start(answer(ok('')));
    const silent = Array.from({ length: 30 }, (_, i) => `silent${i}.example`);
    const zones = Object.fromEntries(silent.map((name) => [name, { A: 'silent', AAAA: 'silent' } as const]));
    await using server = await NameServer.start({ ...zones, 'good.example': { A: ['127.0.0.1'] } });
    const client = clientWith({ resolver: new DnsResolver({ servers: [server.address], timeoutMs: 1_000, secondFamilyMs: 50 }) });
    const waiting = Promise.all(silent.map((name) => post(client, `http://${name}/`)));
    const first = await Promise.race([waiting, post(client, `http://good.example:${receiver.port}/`)]);
    expect(first).toMatchObject({ kind: 'response', status: 200 });
    expect(new Set((await waiting).map((exchange) => exchange.kind === 'failure' && exchange.code))).toEqual(new Set(['dns_timeout']));
  });
});

describe('A proxy in the environment', () => {
  it('is not asked', async () => {
    await using proxy = await RawReceiver.start(answer(ok('proxied')));
    await using receiver = await RawReceiver.start(answer(ok('direct')));
    const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY', 'NODE_USE_ENV_PROXY'] as const;
    const before = names.map((name) => process.env[name]);
    for (const name of names) process.env[name] = name === 'NODE_USE_ENV_PROXY' ? '1' : proxy.url;
    try {
      expect(await post(clientWith({}), receiver.url)).toMatchObject({ excerpt: 'direct' });
      expect(proxy.connections).toBe(0);
    } finally {
      for (const [i, name] of names.entries()) {
        if (before[i] === undefined) delete process.env[name];
        else process.env[name] = before[i];
      }
    }
  });
});

describe('A certificate', () => {
  const resolver = new FakeResolver({ 'receiver.example': [['127.0.0.1']] });
  const trusting = () => clientWith({ resolver, ca: [pem('ca')], egress: { allowHttp: false } });

  it('of a trusted authority with the right name is accepted, and the name is what is asked for', async () => {
    await using receiver = await RawReceiver.start(answer(ok('safe')), 'good');
    const exchange = await post(trusting(), `https://receiver.example:${receiver.port}/`);
    expect(exchange).toMatchObject({ kind: 'response', status: 200, excerpt: 'safe' });
  });

  it('of another name than the one in the URL is refused, though the address is the same', async () => {
    await using receiver = await RawReceiver.start(answer(ok('')), 'good');
    const aliased = clientWith({ resolver: new FakeResolver({ 'alias.example': [['127.0.0.1']] }), ca: [pem('ca')] });
    const exchange = await post(aliased, `https://alias.example:${receiver.port}/`);
    expect(exchange).toMatchObject({ code: 'tls_failed', message: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID') });
  });

  it('may be for an address', async () => {
    await using receiver = await RawReceiver.start(answer(ok('safe')), 'good');
    expect(await post(trusting(), `https://127.0.0.1:${receiver.port}/`)).toMatchObject({ status: 200 });
  });

  it.each([
    ['wrong-name', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['expired', 'CERT_HAS_EXPIRED'],
    ['self-signed', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ])('that is %s is refused, and the request is not sent', async (certificate, reason) => {
    let heard = 0;
    const listen = (socket: { on(event: 'data', heard: () => void): void }) =>
      socket.on('data', () => {
        heard += 1;
      });
    await using receiver = await RawReceiver.start(listen, certificate);
    const exchange = await post(trusting(), `https://receiver.example:${receiver.port}/`);
    expect(exchange).toMatchObject({ kind: 'failure', phase: 'before', code: 'tls_failed', message: expect.stringContaining(reason) });
    await receiver.deserted();
    expect(heard).toBe(0);
  });

  it('of an authority that nobody trusts is refused', async () => {
    await using receiver = await RawReceiver.start(answer(ok('')), 'good');
    expect(await post(clientWith({ resolver }), `https://receiver.example:${receiver.port}/`)).toMatchObject({ code: 'tls_failed' });
  });

  it('that never comes is a time-out before the request', async () => {
    await using receiver = await RawReceiver.start((socket) => void socket.resume());
    const url = `https://receiver.example:${receiver.port}/`;
    expect(await post(trusting(), url, 200)).toMatchObject({ phase: 'before', code: 'tls_timeout', timedOut: true });
    const impatient = clientWith({ resolver, connectTimeoutMs: 100 });
    expect(await post(impatient, url)).toMatchObject({ phase: 'before', code: 'tls_timeout', timedOut: true });
  });

  it('cannot come from a server that speaks plain HTTP', async () => {
    await using receiver = await RawReceiver.start((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect(await post(trusting(), `https://receiver.example:${receiver.port}/`)).toMatchObject({ phase: 'before', code: 'tls_failed' });
  });
});
