import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { headerList } from '../../src/config/credentials.js';
import { readDoc, sourceFiles } from '../docs/read-doc.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { type Received, Receiver } from '../support/receiver.js';
import { call, startService } from '../support/service.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';
const body = (url: string, more: object = {}) => ({ payload: 1, webhook_url: url, webhook_secret: 'my-client-super-secret-key', ...more });

interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  attributes: { key: string; value: Record<string, unknown> }[];
  status: { code: number; message?: string };
}

let database: TestDatabase;
let collector: Receiver;
let webhooks: Received[];
let spans: Span[];

/** One service with tracing, stopped before anything is asserted: what it has not sent by then is lost. */
beforeAll(async () => {
  database = await createTestDatabase();
  collector = await Receiver.start(200);
  const receiver = await Receiver.start(500, 200);
  const service = await startService(database, {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url('/otlp/'),
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20collector-key',
  });
  const submit = (more: object, traceparent?: string) =>
    call('POST', `${service.url}/agent/echo`, {
      body: body(receiver.url('/hook?key=in-the-url'), more),
      headers: { ...(traceparent && { traceparent }) },
    });
  await submit({ steps: 2 }, `00-${TRACE}-${CALLER}-01`);
  await receiver.requests(2);
  await submit({}, `00-11111111111111111111111111111111-${CALLER}-00`);
  await receiver.requests(3);
  await submit({ fail: 'failed' });
  webhooks = await receiver.requests(4);
  await service.stop();
  await receiver.stop();
  spans = collector.received.flatMap((request) =>
    JSON.parse(request.body.toString()).resourceSpans.flatMap((resource: { scopeSpans: { spans: Span[] }[] }) =>
      resource.scopeSpans.flatMap((scope) => scope.spans),
    ),
  );
});

afterAll(async () => {
  await collector?.stop();
  await database?.drop();
});

const traceparents = () => webhooks.map(({ headers }) => String(headers.traceparent).split('-'));
const attribute = (span: Span, key: string) => Object.values(span.attributes.find((each) => each.key === key)?.value ?? {})[0];

describe('a trace', () => {
  it('goes from the request through submit, run, steps and attempts', () => {
    const ours = spans.filter(({ traceId }) => traceId === TRACE);
    const parentOf = ({ parentSpanId }: Span) => ours.find(({ spanId }) => spanId === parentSpanId)?.name ?? parentSpanId;
    expect(ours.map((span) => [span.name, parentOf(span)]).sort()).toEqual([
      ['deliver webhook', 'submit echo'],
      ['deliver webhook', 'submit echo'],
      ['run echo', 'submit echo'],
      ['step step-1', 'run echo'],
      ['step step-2', 'run echo'],
      ['submit echo', CALLER],
    ]);
  });

  it('goes on in the webhook, which names its attempt', () => {
    const attempts = spans.filter(({ traceId, name }) => traceId === TRACE && name === 'deliver webhook');
    const byNumber = attempts.sort((a, b) => Number(attribute(a, 'postback.attempt')) - Number(attribute(b, 'postback.attempt')));
    expect(traceparents().slice(0, 2)).toEqual(byNumber.map(({ spanId }) => ['00', TRACE, spanId, '01']));
    expect(
      byNumber.map((span) => [attribute(span, 'http.response.status_code'), attribute(span, 'postback.outcome'), span.status.code]),
    ).toEqual([
      [500, 'rejected', 2],
      [200, 'delivered', 0],
    ]);
  });

  it('is not recorded when the caller does not sample it, and still goes through', () => {
    expect(spans.filter(({ traceId }) => /^1+$/.test(traceId))).toEqual([]);
    expect(traceparents()[2]).toEqual(['00', '1'.repeat(32), expect.stringMatching(/^[0-9a-f]{16}$/), '00']);
  });

  it('begins with the submit when the caller has none', () => {
    const [, traceId] = traceparents()[3]!;
    const run = spans.find((span) => span.traceId === traceId && span.name === 'run echo')!;
    expect(spans.find(({ spanId }) => spanId === run.parentSpanId)!.parentSpanId ?? '').toBe('');
    expect([attribute(run, 'postback.decision'), run.status]).toEqual(['failed', { code: 2, message: 'echo_failed' }]);
  });

  it('is sent as OTLP over HTTP, with the headers that were configured, and holds no URL', () => {
    for (const { path, headers, body: sent } of collector.received) {
      expect([path, headers.authorization, headers['content-type']]).toEqual([
        '/otlp/v1/traces',
        'Bearer collector-key',
        'application/json',
      ]);
      expect(sent.toString()).not.toMatch(/in-the-url|my-client-super-secret-key/);
    }
  });

  it('has the spans and attributes of docs/events.md', () => {
    const rows = [
      ...readDoc('docs/events.md')
        .split('\n## Traces\n')[1]!
        .matchAll(/^\| `(\w+)[^`]*` \|([^|]*)\|[^|]*\|([^|]*)\|/gm),
    ];
    const kinds = ['internal', 'server', 'client', 'producer', 'consumer'];
    const listed = rows.map(([, name, kind, attributes]) => [
      name,
      kind!.trim(),
      [...attributes!.matchAll(/`([\w.]+)`/g)].map((match) => match[1]),
    ]);
    const seen = new Map(
      spans.map((span) => [
        span.name.split(' ')[0],
        [span.name.split(' ')[0], kinds[span.kind - 1], span.attributes.map(({ key }) => key)],
      ]),
    );
    expect(listed.sort()).toEqual([...seen.values()].sort());
  });
});

describe('without an endpoint', () => {
  it('nothing of OpenTelemetry is loaded', () => {
    const importers = sourceFiles.filter(({ text }) => text.includes("'@opentelemetry/")).map(({ path }) => path);
    expect(importers).toEqual(['platform/tracing/otel-tracer.ts']);
    const loaders = sourceFiles.flatMap(({ path, text }) =>
      [...text.matchAll(/^.*otel-tracer\.js'.*$/gm)].map(([line]) => [path, line!.trim()]),
    );
    expect(loaders).toEqual([['platform/tracing/load-tracer.ts', "const { OtelTracer } = await import('./otel-tracer.js');"]]);
  });
});

describe('the headers for it', () => {
  it.each([
    ['a=b', { a: 'b' }],
    ['Authorization=Bearer%20x==, x-team = 7', { authorization: 'Bearer x==', 'x-team': '7' }],
  ])('are read: %s', (text, headers) => {
    expect(headerList(text.replace(' = ', '='))).toEqual(headers);
  });

  it.each(['a', '=b', 'a=%0d%0ax: y', 'a=%e', 'a=b,'])('are refused: %s', (text) => {
    expect(() => headerList(text)).toThrow(/no list|no header/);
  });
});
