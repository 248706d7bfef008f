import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { EndpointsApi } from '../support/endpoints.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { type Received, Receiver } from '../support/receiver.js';
import { call, sql, startService } from '../support/service.js';

let database: TestDatabase;
let service: Awaited<ReturnType<typeof startService>>;
let api: EndpointsApi;
let receiver: Receiver;
let id: string;
let first: string;

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startService(database);
  api = new EndpointsApi(service.url);
});

beforeEach(async () => {
  receiver = await Receiver.start(200);
  ({ id, secret: first } = await api.register({ url: receiver.url() }));
});

afterEach(() => receiver.stop());

afterAll(async () => {
  await service?.stop();
  await database?.drop();
});

describe('rotating a secret', () => {
  it('has both sign while they overlap, the new one first, and only the new one afterwards', async () => {
    expect(verifiers(await deliver(), first)).toEqual([true]);
    const rotated = await api.act(id, 'rotate');
    const second = rotated.secret;
    expect(second).toMatch(/^whsec_/);
    expect(rotated).toMatchObject({
      secret_hint: `whsec_***${second.slice(-4)}`,
      previous_secret: { secret_hint: `whsec_***${first.slice(-4)}` },
    });
    expect(hoursUntil(rotated.previous_secret.expires_at)).toBeCloseTo(24, 1);

    const during = await deliver();
    expect(verifiers(during, first, second)).toEqual([true, true]);
    expect(String(during.headers['webhook-signature']).split(' ')).toEqual([standard(during, second), standard(during, first)]);
    expect(during.headers['x-webhook-signature']).toBe(createHmac('sha256', second).update(during.body).digest('hex'));

    await sql(database, `UPDATE postback.webhook_endpoints SET previous_secret_expires_at = now() - interval '1 second' WHERE id = $1`, [
      id,
    ]);
    expect(verifiers(await deliver(), first, second)).toEqual([false, true]);
    expect(await api.show(id)).toMatchObject({ previous_secret: null });
  });

  it('signs the retry of an attempt that was under way with the new secret, under the same webhook-id', async () => {
    const { promise: rotated, resolve } = Promise.withResolvers<void>();
    receiver.answerWith((_, response) => void rotated.then(() => response.writeHead(500).end()), 200);
    await submit();
    await receiver.requests(1);
    const second = (await api.act(id, 'rotate', { overlap_seconds: 0 })).secret;
    resolve();
    const [before, after] = await receiver.requests(2);
    expect(verifiers(before!, first, second)).toEqual([true, false]);
    expect(verifiers(after!, first, second)).toEqual([false, true]);
    expect(after!.headers['webhook-id']).toBe(before!.headers['webhook-id']);
  });

  it('takes a secret that is given, and does not show it', async () => {
    const given = 'chosen by its owner, in words';
    const rotated = await api.act(id, 'rotate', { secret: given, overlap_seconds: 3600 });
    expect(rotated).not.toHaveProperty('secret');
    expect(hoursUntil(rotated.previous_secret.expires_at)).toBeCloseTo(1, 1);
    expect(verifiers(await deliver(), first, given)).toEqual([true, true]);
  });

  it('ends the one before the former at once', async () => {
    const second = (await api.act(id, 'rotate')).secret;
    const third = (await api.act(id, 'rotate')).secret;
    expect(verifiers(await deliver(), first, second, third)).toEqual([false, true, true]);
  });

  it('ends the former at once when no overlap is wanted, which is what a leak needs', async () => {
    const rotated = await api.act(id, 'rotate', { overlap_seconds: 0 });
    expect(rotated.previous_secret).toBeNull();
    expect(verifiers(await deliver(), first, rotated.secret)).toEqual([false, true]);
  });

  it('signs a test event in the same way', async () => {
    const second = (await api.act(id, 'rotate')).secret;
    await api.act(id, 'test');
    expect(verifiers(receiver.received.at(-1)!, first, second)).toEqual([true, true]);
  });

  it.each([{ overlap_seconds: -1 }, { overlap_seconds: 30 * 86_400 + 1 }, { overlap_seconds: 1.5 }, { secret: 'short' }, { surprise: 1 }])(
    'refuses %j',
    async (body) => {
      expect((await api.call('POST', `/${id}/rotate`, body)).status).toBe(422);
    },
  );

  it('refuses the secret that signs already', async () => {
    const answer = await api.call('POST', `/${id}/rotate`, { secret: first });
    expect({ status: answer.status, fields: answer.body.errors[0].field }).toEqual({ status: 422, fields: 'secret' });
    expect(await api.show(id)).toMatchObject({ previous_secret: null });
  });

  it('goes on with the new secret alone when the former cannot be decrypted, and gives up when the new one cannot', async () => {
    const second = (await api.act(id, 'rotate')).secret;
    await sql(
      database,
      `UPDATE postback.webhook_secrets s SET sealed = '\\x00' FROM postback.webhook_endpoints e WHERE e.id = $1 AND s.id = e.previous_secret_id`,
      [id],
    );
    expect(verifiers(await deliver(), first, second)).toEqual([false, true]);
    await sql(
      database,
      `UPDATE postback.webhook_secrets s SET sealed = '\\x00' FROM postback.webhook_endpoints e WHERE e.id = $1 AND s.id = e.secret_id`,
      [id],
    );
    expect(await api.act(id, 'test')).toMatchObject({ outcome: 'not_sent', error_code: 'secret_unreadable' });
    expect(await api.show(id)).toMatchObject({ secret_hint: null, previous_secret: { secret_hint: null } });
  });
});

async function submit(): Promise<void> {
  const { status } = await call('POST', `${service.url}/agent/echo`, { body: { payload: 'ü', webhook_endpoint_id: id } });
  expect(status).toBe(202);
}

/** One webhook on its way, as it arrives. */
async function deliver(): Promise<Received> {
  const count = receiver.received.length + 1;
  await submit();
  return (await receiver.requests(count))[count - 1]!;
}

/** Which of these secrets a receiver could verify it with. */
function verifiers({ body, headers }: Received, ...secrets: string[]): boolean[] {
  return secrets.map((secret) => {
    try {
      verifier(secret).verify(body, headers as Record<string, string>);
      return true;
    } catch {
      return false;
    }
  });
}

const verifier = (secret: string) =>
  secret.startsWith('whsec_') ? new Webhook(secret) : new Webhook(new TextEncoder().encode(secret), { format: 'raw' });

const standard = ({ body, headers }: Received, secret: string) =>
  verifier(secret).sign(String(headers['webhook-id']), new Date(Number(headers['webhook-timestamp']) * 1000), body);

const hoursUntil = (time: string) => (Date.parse(time) - Date.now()) / 3_600_000;
