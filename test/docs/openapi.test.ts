import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { packageRoot } from '../../src/platform/package-root.js';
import { OUTBOX_STATUSES } from '../../src/webhooks/outbox/states.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { Receiver } from '../support/receiver.js';
import { ADMIN_KEY, type Answered, call, startService } from '../support/service.js';
import { type Document, findOperation, misfits, operations } from './check-schema.js';

const SECRET = 'my-client-super-secret-key';

let database: TestDatabase;
let service: Awaited<ReturnType<typeof startService>>;
let document: Document;

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startService(database);
  document = (await call('GET', `${service.url}/openapi.json`, { key: null })).body;
});

afterAll(async () => {
  await service?.stop();
  await database?.drop();
});

/** What Prometheus reads is no JSON. */
const typeOf = (route: string) => (route === 'GET /metrics' ? 'text/plain' : 'application/json');

describe('the OpenAPI document', () => {
  it('is the one in docs/openapi.json; `npm run openapi` writes it', () => {
    expect(JSON.parse(readFileSync(packageRoot('docs/openapi.json'), 'utf8'))).toEqual(document);
  });

  it('is valid by the schema of OpenAPI 3.1', async () => {
    const validator = new Validator();
    expect(await validator.validate(structuredClone(document))).toEqual({ valid: true });
    expect(validator.version).toBe('3.1');
    expect((await validator.validate({ ...structuredClone(document), paths: { x: {} } })).valid).toBe(false);
  });

  it('has no words of 3.0', () => {
    expect(JSON.stringify(document)).not.toMatch(/"(nullable|exclusiveM(in|ax)imum)":(true|false)/);
  });

  it('refers to nothing that is not there', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map((match) => match[1]!);
    expect(refs.length).toBeGreaterThan(10);
    const lost = refs.filter((ref) => ref.split('/').reduce((node, key) => node?.[key], document) === undefined);
    expect(lost).toEqual([]);
  });

  it('describes every operation in full', () => {
    const all = operations(document);
    expect(new Set(all.map(({ operation }) => operation.operationId)).size).toBe(all.length);
    for (const { route, path, operation } of all) {
      const told = operation.parameters ?? [];
      const inPath = told.filter((parameter: Document) => parameter.in === 'path').map((parameter: Document) => parameter.name);
      const [success] = Object.entries<Document>(operation.responses).filter(([status]) => /^2/.test(status));
      expect({ route, summary: operation.summary, inPath, success: success?.[1].content }).toEqual({
        route,
        summary: expect.stringMatching(/\S{3}/),
        inPath: [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]),
        // a route that also streams names that type besides
        success: success?.[0] === '204' ? undefined : expect.objectContaining({ [typeOf(route)]: { schema: expect.anything() } }),
      });
      for (const parameter of told)
        expect({ route, parameter }).toEqual({ route, parameter: expect.objectContaining({ schema: expect.anything() }) });
    }
  });

  it('gives each response a description, and each problem the same shape', () => {
    for (const { route, operation } of operations(document)) {
      for (const [status, response] of Object.entries<Document>(operation.responses)) {
        expect({ route, status, description: response.description }).toEqual({
          route,
          status,
          description: expect.stringMatching(/\S{3}/),
        });
        if (Number(status) < 400) continue;
        expect({ route, status, content: response.content }).toEqual({
          route,
          status,
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        });
      }
    }
  });

  it('says of every route that takes a body what can be wrong with it, and that the database can be away', () => {
    const takers = operations(document).filter(({ operation }) => operation.requestBody !== undefined);
    expect(takers.length).toBeGreaterThan(10);
    const silent = takers.filter(({ operation }) => ['400', '413', '415', '500', '503'].some((status) => !(status in operation.responses)));
    expect(silent.map(({ route }) => route)).toEqual([]);
  });

  it('asks for a key everywhere but at the sign-in, the health checks and the metrics', () => {
    const open = operations(document).filter(({ operation }) => (operation.security ?? document.security).length === 0);
    expect(open.map(({ route }) => route)).toEqual(['POST /console/session', 'GET /health/live', 'GET /health/ready', 'GET /metrics']);
    expect(document.components.securitySchemes[Object.keys(document.security[0])[0]!]).toMatchObject({ type: 'http', scheme: 'bearer' });
  });

  it('names the headers of a submit and of its answer', () => {
    const { parameters, responses } = document.paths['/agent/echo'].post;
    expect(parameters.map((parameter: Document) => parameter.name).sort()).toEqual(['Idempotency-Key', 'Prefer', 'traceparent']);
    expect(Object.keys(responses['202'].headers).sort()).toEqual([
      ...['Idempotency-Replayed', 'Location', 'Preference-Applied'],
      ...['RateLimit', 'RateLimit-Policy', 'Retry-After', 'X-Request-Id'],
    ]);
  });

  it('names what a submit makes Postback send, with the type of its result', () => {
    const submits = operations(document).filter(({ operation }) => operation.operationId.startsWith('submit_'));
    expect(submits.length).toBeGreaterThan(1);
    const bodies = submits.map(({ operation }) => {
      const { post } = operation.callbacks.taskEnded['{$request.body#/webhook_url}'];
      expect(post.parameters).toEqual(document.webhooks['task-ended'].post.parameters);
      return post.requestBody.content['application/json'].schema.$ref.split('/').at(-1);
    });
    expect(bodies).toEqual(['AnalyzeDocumentWebhook', 'EchoWebhook']);
    expect(document.components.schemas.AnalyzeDocumentWebhook.allOf[1].properties.result.$ref).toMatch(/AnalyzeDocumentResult$/);
  });

  it('uses the words of the outbox for the state of a delivery', () => {
    expect(document.components.schemas.DeliveryView.properties.status.enum).toEqual([...OUTBOX_STATUSES]);
  });

  it.each(['/docs', '/openapi.json', '/openapi.yaml'])('is read at %s without a key', async (path) => {
    expect((await call('GET', service.url + path, { key: null })).status).toBe(200);
  });
});

/** Headers that say something of this API; the others are of transport and of safety. */
const SAYING = [
  ...['location', 'retry-after', 'etag', 'content-digest', 'idempotency-replayed', 'preference-applied'],
  ...['ratelimit', 'ratelimit-policy', 'set-cookie', 'www-authenticate', 'x-request-id'],
];

describe('real answers', () => {
  /** Calls the service and holds its answer to the document: status, headers, media type and every field. */
  async function ask(method: string, path: string, options: Parameters<typeof call>[2] = {}): Promise<Answered> {
    const answer = await call(method, service.url + path, options);
    const response = findOperation(document, method, path.split('?')[0]!).responses[answer.status];
    const [mediaType, content] = Object.entries<Document>(response?.content ?? {})[0] ?? [];
    expect({ method, path, status: answer.status, documented: response !== undefined }).toMatchObject({ documented: true });
    const told = Object.keys(response.headers ?? {}).map((header) => header.toLowerCase());
    expect({ method, path, headers: SAYING.filter((name) => answer.headers.has(name) && !told.includes(name)) }).toMatchObject({
      headers: [],
    });
    const unjudged = options.key === null || answer.body?.code === 'bad_request'; // the router refuses a broken path by itself
    const sometimes = [
      'idempotency-replayed',
      'preference-applied',
      ...(unjudged ? ['ratelimit', 'ratelimit-policy', 'x-request-id'] : []),
    ];
    expect({ method, path, missing: told.filter((name) => !answer.headers.has(name) && !sometimes.includes(name)) }).toMatchObject({
      missing: [],
    });
    if (content === undefined) expect(answer.text).toBe('');
    else {
      expect(answer.headers.get('content-type')).toMatch(mediaType!);
      expect(misfits(document, content.schema, answer.body)).toEqual([]);
    }
    if (answer.status >= 400) expect(response.description).toContain(`\`${answer.body.code}\``);
    return answer;
  }

  const ended = (id: string) =>
    eventually(async () => {
      const answer = await ask('GET', `/tasks/${id}`);
      const { status, delivery } = answer.body;
      return status !== 'processing' && delivery?.status !== 'pending' && delivery?.status !== 'delivering' && answer;
    }, 'the task to end');

  it('fit the document along the whole way of a task', async () => {
    const receiver = await Receiver.start(500, 200);
    const body = {
      payload: [1, 'two', null],
      progress_steps: 2,
      metadata: { order: 1 },
      webhook_url: receiver.url(),
      webhook_secret: SECRET,
    };
    const headers = { 'idempotency-key': 'openapi-1' };
    const { body: accepted } = await ask('POST', '/agent/echo', { body, headers });
    const replayed = await ask('POST', '/agent/echo', { body, headers });
    expect([replayed.body, replayed.headers.get('idempotency-replayed')]).toEqual([accepted, 'true']);
    await ask('POST', '/agent/echo', { body: { ...body, payload: 2 }, headers });

    const task = await ended(accepted.task_id);
    expect((await ask('GET', `/tasks/${accepted.task_id}`, { headers: { 'if-none-match': task.headers.get('etag')! } })).status).toBe(304);
    await ask('GET', `/tasks/${accepted.task_id}/events?limit=2`);
    expect((await ask('POST', `/tasks/${accepted.task_id}/cancel`)).status).toBe(409);
    await ask('GET', `/tasks/${accepted.task_id}/deliveries`);
    const { body: again } = await ask('POST', `/tasks/${accepted.task_id}/retry`);
    await ask('DELETE', `/tasks/${again.task_id}`); // 409 or 204, as far as it has come
    await ask('POST', '/agent/echo', { body: { payload: 1 }, headers: { prefer: 'wait=30' } });

    const { body: page } = await ask('GET', `/admin/outbox?task_id=${accepted.task_id}`, { key: ADMIN_KEY });
    const { body: row } = await ask('GET', `/admin/outbox/${page.items[0].id}`, { key: ADMIN_KEY });
    expect(row.attempt_log.map((attempt: Document) => attempt.outcome)).toEqual(['rejected', 'delivered']);
    expect((await ask('POST', `/admin/outbox/${row.id}/redeliver`, { key: ADMIN_KEY })).status).toBe(202);
    const [first, , third] = await receiver.requests(3);
    const event = JSON.parse(third!.body.toString());
    const webhook = document.webhooks['task-ended'].post;
    expect(misfits(document, webhook.requestBody.content['application/json'].schema, event)).toEqual([]);
    for (const { name, required } of webhook.parameters)
      if (required) expect([name, first!.headers[name]]).toEqual([name, expect.any(String)]);
    await receiver.stop();
  });

  it('fit the document when a task fails', async () => {
    const receiver = await Receiver.start(200);
    const { body } = await ask('POST', '/agent/echo', { body: { fail: 'failed', webhook_url: receiver.url(), webhook_secret: SECRET } });
    expect((await ended(body.task_id)).body.error.code).toBe('echo_failed');
    await ask('GET', `/tasks/${body.task_id}/events`);
    const webhook = document.webhooks['task-ended'].post.requestBody.content['application/json'];
    expect(misfits(document, webhook.schema, JSON.parse((await receiver.requests(1))[0]!.body.toString()))).toEqual([]);
    await receiver.stop();
  });

  it('fit the document when a task is canceled', async () => {
    const { body } = await ask('POST', '/agent/echo', { body: { delay_ms: 60_000 } });
    await eventually(async () => (await ask('GET', `/tasks/${body.task_id}`)).body.stage === 'running', 'the run to begin');
    expect((await ask('POST', `/tasks/${body.task_id}/cancel`)).status).toBe(202);
    await ended(body.task_id);
    expect((await ask('POST', `/tasks/${body.task_id}/cancel`)).status).toBe(200);
  });

  it('fit the document along the life of an endpoint, and for a result that is too large', async () => {
    const receiver = await Receiver.start(200);
    const settings = {
      description: 'd',
      events: ['task.completed'],
      headers: { 'x-a': '1' },
      retry: { factor: 3 },
      rate_per_second: 50,
      max_in_flight: 2,
      timeout: 5,
    };
    const { body: endpoint } = await ask('POST', '/webhook-endpoints', { body: { url: receiver.url(), ...settings } });
    const path = `/webhook-endpoints/${endpoint.id}`;
    await ask('GET', '/webhook-endpoints');
    await ask('PATCH', path, { body: { description: null } });
    await ask('POST', `${path}/rotate`, { body: {} });
    await ask('POST', `${path}/pause`, { body: { reason: 'r' } });
    await ask('POST', `${path}/resume`);
    expect((await ask('POST', `${path}/test`)).body.delivered).toBe(true);
    const { body: task } = await ask('POST', '/agent/echo', { body: { payload: 'x'.repeat(300_000), webhook_endpoint_id: [endpoint.id] } });
    const event = JSON.parse((await receiver.requests(2))[1]!.body.toString());
    expect(misfits(document, document.webhooks['task-ended'].post.requestBody.content['application/json'].schema, event)).toEqual([]);
    expect((await ask('GET', `/tasks/${task.task_id}/result`)).body).toBeNull(); // a string; `call` reads objects
    await ask('GET', `/tasks/${task.task_id}/result?${new URL(event.result_url).searchParams}`, { key: null });
    expect((await ask('DELETE', path)).status).toBe(204);
    await ask('GET', path);
    await receiver.stop();
  });

  it.each([
    ['POST', '/webhook-endpoints', { body: { url: 'ftp://x' } }, 422],
    ['POST', '/webhook-endpoints', { body: '{' }, 400],
    ['PATCH', '/webhook-endpoints/0', { body: {} }, 404],
    ['PATCH', '/webhook-endpoints/0', { body: '{' }, 400],
    ['DELETE', '/webhook-endpoints/0', {}, 404],
    ['POST', '/webhook-endpoints/0/rotate', {}, 404],
    ['GET', '/tasks/0/result', {}, 404],
    ['GET', '/agent', {}, 200],
    ['GET', '/agent/echo', {}, 200],
    ['GET', '/agent/nothing', {}, 404],
    ['GET', '/agent', { key: null }, 401],
    ['GET', '/admin/outbox', {}, 403],
    ['GET', '/admin/outbox?status=lost&limit=0', { key: ADMIN_KEY }, 422],
    ['GET', '/admin/outbox?cursor=x', { key: ADMIN_KEY }, 422],
    ['GET', '/admin/outbox/0', { key: ADMIN_KEY }, 404],
    ['POST', '/admin/outbox/0/redeliver', { key: ADMIN_KEY }, 404],
    ['GET', '/tasks/0', {}, 404],
    ['GET', '/tasks?limit=2', {}, 200],
    ['GET', '/tasks?status=lost', {}, 422],
    ['GET', '/tasks/0?wait=x', {}, 422],
    ['GET', '/tasks/0/deliveries', {}, 404],
    ['POST', '/tasks/0/redeliver', { body: {} }, 404],
    ['POST', '/tasks/0/retry', {}, 404],
    ['DELETE', '/tasks/0', {}, 404],
    ['GET', '/tasks/0/events?after=-1', {}, 422],
    ['POST', '/tasks/0/cancel', {}, 404],
    ['POST', '/agent/echo', { body: '{' }, 400],
    ['POST', '/agent/echo', { body: '{"payload": 1e999}' }, 422],
    ['POST', '/agent/echo', { body: '{"payload": 1, "payload": 2}' }, 422],
    ['POST', '/agent/echo', { body: { delay_ms: 'soon', webhook_url: 'ftp://x' } }, 422],
    ['POST', '/agent/echo', { body: `"${'x'.repeat(2_000_000)}"` }, 413],
    ['POST', '/agent/echo', { body: 'x', headers: { 'content-type': 'text/plain' } }, 415],
    ['POST', '/console/session', { key: null, body: { key: ADMIN_KEY } }, 204],
    ['POST', '/console/session', { key: null, body: { key: 'a-wrong-one' } }, 401],
    ['POST', '/console/session', { key: null, body: {} }, 422],
    ['POST', '/console/session', { key: null, body: '{' }, 400],
    ['POST', '/console/session', { key: null, body: `"${'x'.repeat(2_000_000)}"` }, 413],
    ['POST', '/console/session', { key: null, body: 'x', headers: { 'content-type': 'text/plain' } }, 415],
    ['GET', '/tasks/%', {}, 400],
    ['GET', '/health/live', { key: null }, 200],
    ['GET', '/health/ready', { key: null }, 200],
  ])('%s %s fits the document', async (method, path, options, status) => {
    expect((await ask(method, path, options)).status).toBe(status);
  });

  it('carry a challenge where there is no session to show', async () => {
    const { status, headers } = await call('GET', `${service.url}/console/session`, { key: ADMIN_KEY });
    expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="postback"']);
  });
});
