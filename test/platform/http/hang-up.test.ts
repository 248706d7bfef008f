import { afterEach, describe, expect, it } from '@jest/globals';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Sql } from '../../../src/platform/database/sql.js';
import { type DoorParts, guardTheDoor } from '../../../src/platform/http/door.js';
import { KeyCache, type KindOfKey } from '../../../src/platform/http/key-cache.js';
import { KeyLimits } from '../../../src/platform/http/key-limits.js';
import type { Principal } from '../../../src/platform/http/principal.js';
import { RawClient } from '../../support/raw-client.js';

const KEY = 'some-key-or-other';
const policy = { ratePerSecond: 1_000, burst: 1_000, maxInFlight: 1 };
const holder: Principal = { keyId: 'k', tenant: 't', name: 'n', scopes: ['read'] };

let fastify: FastifyInstance;
afterEach(() => fastify?.close());

describe('a caller who hangs up while his key is looked for', () => {
  it('keeps no place among the requests under way', async () => {
    const asked = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    const found = Promise.withResolvers<void>();
    const slow: KindOfKey = {
      findLive: async (_, hashes) => {
        asked.resolve();
        await found.promise;
        return hashes.map((hash) => ({ hash, holder, expiresInMs: null }));
      },
      idOf: ({ keyId }) => keyId,
      noteUse: async () => {},
    };
    fastify = Fastify();
    fastify.addHook('onRequest', (_request, reply, done) => {
      reply.raw.once('close', gone.resolve);
      done();
    });
    guardTheDoor(fastify, { ...parts, keys: new KeyCache({} as Sql, { ttlMs: 1_000, now: () => 0 }, slow) });
    fastify.get('/', { config: { rule: { access: ['read'], signedLink: null } } }, async () => 'in');
    const url = await fastify.listen({ port: 0, host: '127.0.0.1' });

    const client = await RawClient.connect(url);
    await client.write(`GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${KEY}\r\n\r\n`);
    await asked.promise;
    client.close();
    await gone.promise;
    found.resolve();
    await new Promise(setImmediate);

    expect((await fetch(url, { headers: { authorization: `Bearer ${KEY}` } })).status).toBe(200);
  });
});

const parts: Omit<DoorParts, 'keys'> = {
  sessions: {} as DoorParts['sessions'],
  limits: new KeyLimits(policy),
  routes: { add: () => {} } as unknown as DoorParts['routes'],
  policy,
  isPublicPage: () => false,
  headersFor: () => ({}),
  bodyMaxBytes: 1_000,
  publicUrl: () => 'http://localhost',
  now: () => 0,
  closing: () => false,
};
