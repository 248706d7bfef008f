import { describe, expect, it } from '@jest/globals';
import { AnswerCache } from '../../../src/platform/egress/answer-cache.js';
import { DnsResolver, type DnsResolverOptions } from '../../../src/platform/egress/resolver.js';
import { NameServer, type Zone } from './support/name-server.js';

const v6 = '2606:4700:4700:0000:0000:0000:0000:1111';

async function asked<T>(
  zones: Record<string, Zone>,
  ask: (resolver: DnsResolver, server: NameServer) => Promise<T>,
  options: DnsResolverOptions = {},
): Promise<T> {
  await using server = await NameServer.start(zones);
  return await ask(new DnsResolver({ servers: [server.address], timeoutMs: 300, secondFamilyMs: 50, ...options }), server);
}

async function kindOf(zone: Zone): Promise<unknown> {
  return asked({ 'a.example': zone }, (resolver) => resolver.resolve('a.example').catch((error) => error.kind));
}

describe('A name', () => {
  it('is resolved to the addresses of both families', async () => {
    const addresses = await asked({ 'a.example': { A: ['1.2.3.4', '1.2.3.5'], AAAA: [v6] } }, (resolver) => resolver.resolve('a.example'));
    expect(addresses).toEqual(['1.2.3.4', '1.2.3.5', '2606:4700:4700::1111']);
  });

  it('of one family is resolved, whatever became of the other', async () => {
    for (const AAAA of [[], 'servfail', 'silent'] as const) {
      const addresses = await asked({ 'a.example': { A: ['1.2.3.4'], AAAA: AAAA as Zone['AAAA'] } }, (resolver) =>
        resolver.resolve('a.example'),
      );
      expect(addresses).toEqual(['1.2.3.4']);
    }
    const only = await asked({ 'a.example': { A: 'silent', AAAA: [v6] } }, (resolver) => resolver.resolve('a.example'));
    expect(only).toEqual(['2606:4700:4700::1111']);
  });

  it('that does not exist, or has no address, is told apart from a name server that fails', async () => {
    expect(await kindOf({ A: 'nxdomain', AAAA: 'nxdomain' })).toBe('nxdomain');
    expect(await kindOf({ A: [], AAAA: [] })).toBe('nxdomain');
    expect(await kindOf({ A: 'nxdomain', AAAA: 'silent' })).toBe('nxdomain');
    expect(await kindOf({ A: 'servfail', AAAA: 'servfail' })).toBe('servfail');
    expect(await kindOf({ A: [], AAAA: 'servfail' })).toBe('servfail');
    expect(await kindOf({ A: 'silent', AAAA: 'silent' })).toBe('timeout');
    expect(await kindOf({ A: [], AAAA: 'silent' })).toBe('timeout');
  });

  it('is answered while forty silent ones are waited for', async () => {
    const silent = Array.from({ length: 40 }, (_, i) => `dead${i}.example`);
    const zones = Object.fromEntries(silent.map((name) => [name, { A: 'silent', AAAA: 'silent' } as Zone]));
    await asked({ ...zones, 'a.example': { A: ['1.2.3.4'] } }, async (resolver) => {
      const waiting = Promise.all(silent.map((name) => resolver.resolve(name).catch((error) => error.kind)));
      const first = await Promise.race([waiting, resolver.resolve('a.example')]);
      expect(first).toEqual(['1.2.3.4']);
      expect(new Set(await waiting)).toEqual(new Set(['timeout']));
    });
  });
});

describe('The cache', () => {
  it('asks once for all who ask at the same time, and again when the answer is old', async () => {
    let now = 0;
    await asked(
      { 'a.example': { A: ['1.2.3.4'], AAAA: [v6], ttl: 20 } },
      async (resolver, server) => {
        await Promise.all([resolver.resolve('a.example'), resolver.resolve('a.example')]);
        now = 19_999;
        await resolver.resolve('a.example');
        expect(server.questions).toHaveLength(2);
        now = 20_000;
        await resolver.resolve('a.example');
        expect(server.questions).toHaveLength(4);
      },
      { now: () => now },
    );
  });

  it('keeps no answer for more than 30 s, whatever its owner says', async () => {
    let now = 0;
    await asked(
      { 'a.example': { A: ['1.2.3.4'], ttl: 86_400 } },
      async (resolver, server) => {
        await resolver.resolve('a.example');
        now = 30_000;
        await resolver.resolve('a.example');
        expect(server.questions).toHaveLength(4);
      },
      { now: () => now },
    );
  });

  it('keeps a failure for one second only', async () => {
    let now = 0;
    let asks = 0;
    const cache = new AnswerCache<string>({ keepMs: () => 10_000, now: () => now });
    const ask = () => cache.get('x', () => Promise.reject(new Error(`no ${++asks}`))).catch((error: Error) => error.message);
    expect([await ask(), await ask()]).toEqual(['no 1', 'no 1']);
    now = 1_000;
    expect(await ask()).toBe('no 2');
  });

  it('holds a bounded number of names and drops the oldest', async () => {
    const asks: string[] = [];
    const cache = new AnswerCache<string>({ keepMs: () => 10_000, maxEntries: 2, now: () => 0 });
    for (const key of ['a', 'b', 'c', 'b', 'a']) {
      await cache.get(key, () => {
        asks.push(key);
        return Promise.resolve(key);
      });
    }
    expect(asks).toEqual(['a', 'b', 'c', 'a']);
  });
});
