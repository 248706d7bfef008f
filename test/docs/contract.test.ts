import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TASK_STAGES } from '../../src/tasks/states.js';
import { ATTEMPT_OUTCOMES } from '../../src/webhooks/delivery/outcome.js';
import { defaultRetryPolicy, describeSchedule } from '../../src/webhooks/delivery/retry-schedule.js';
import { signatures, signingKey } from '../../src/webhooks/delivery/sign.js';
import { DEAD_REASONS, OUTBOX_STATUSES } from '../../src/webhooks/outbox/states.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { call, startService } from '../support/service.js';
import { type Document, findOperation, misfits, operations } from './check-schema.js';
import { readDoc, sourceFiles } from './read-doc.js';

const contract = readDoc('docs/contract.md');

let database: TestDatabase;
let service: Awaited<ReturnType<typeof startService>>;
let document: Document;

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startService(database);
  document = (await call('GET', `${service.url}/openapi.json`)).body;
});

afterAll(async () => {
  await service?.stop();
  await database?.drop();
});

/** A fenced block under `<!-- example: ... -->`. */
interface Example {
  /** `POST /agent/echo request`, `GET /agent 200`, `webhook`, `webhook body`, or a schema's name. */
  marker: string;
  /** Request line or status line, of an `http` block. */
  firstLine: string;
  headers: Record<string, string>;
  body: unknown;
}

const examples: Example[] = [...contract.matchAll(/<!-- example: (.+?) -->\n```(json|http)\n([\s\S]*?)\n```/g)].map(
  ([, marker, language, text]) => {
    if (language === 'json') return { marker: marker!, firstLine: '', headers: {}, body: JSON.parse(text!) };
    const [head = '', ...body] = text!.split('\n\n');
    const [firstLine = '', ...lines] = head.split('\n');
    const headers = Object.fromEntries(lines.map((line) => [line.split(': ')[0]!.toLowerCase(), line.slice(line.indexOf(': ') + 2)]));
    return { marker: marker!, firstLine, headers, body: JSON.parse(body.join('\n\n')) };
  },
);

describe('the examples of docs/contract.md', () => {
  it('are all found', () => {
    expect(examples).toHaveLength(contract.split('<!-- example: ').length - 1);
    const unmarked = contract
      .split('```json\n')
      .slice(0, -1)
      .filter((before) => !before.endsWith('-->\n'));
    expect(unmarked).toEqual([]);
  });

  it.each(examples.map((example) => [example.marker, example] as const))('fit the OpenAPI document: %s', (marker, example) => {
    expect(misfits(document, schemaOf(marker), example.body)).toEqual([]);
    expect(Object.keys(example.headers).filter((name) => !knownHeaders(marker).includes(name))).toEqual([]);
    const status = /\d{3}$/.exec(marker)?.[0];
    if (status && example.firstLine) expect(example.firstLine).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });

  it('show a webhook with the signatures that belong to it', () => {
    const { headers, body } = examples.find(({ marker }) => marker === 'webhook')!;
    const signed = { id: headers['webhook-id']!, timestampSeconds: Number(headers['webhook-timestamp']), body: JSON.stringify(body) };
    expect(headers).toMatchObject(signatures([signingKey('my-client-super-secret-key')], signed));
    const simple = createHmac('sha256', 'my-client-super-secret-key').update(JSON.stringify(body)).digest('hex');
    expect(headers['x-webhook-signature']).toBe(simple);
  });
});

function schemaOf(marker: string): Document {
  if (marker.startsWith('webhook')) return document.webhooks['task-ended'].post.requestBody.content['application/json'].schema;
  const [method = '', path = '', what] = marker.split(' ');
  if (!path) return { $ref: `#/components/schemas/${method}` };
  const operation = findOperation(document, method, path);
  if (what === 'request') return operation.requestBody.content['application/json'].schema;
  return Object.values<Document>(operation.responses[what!].content)[0].schema;
}

/** Besides those that every HTTP message may have. */
function knownHeaders(marker: string): string[] {
  const usual = ['authorization', 'content-type', 'cache-control', 'user-agent'];
  const named = (parameters: Document[]) => parameters.filter((each) => each.in === 'header').map((each) => each.name.toLowerCase());
  if (marker === 'webhook') return [...usual, ...named(document.webhooks['task-ended'].post.parameters)];
  const [method = '', path = '', what] = marker.split(' ');
  if (!path) return usual;
  const operation = findOperation(document, method, path);
  if (what === 'request') return [...usual, ...named(operation.parameters)];
  return [...usual, ...Object.keys(operation.responses[what!].headers ?? {}).map((name) => name.toLowerCase())];
}

describe('docs/contract.md', () => {
  it('has a heading for every route, and no other', () => {
    const described = [...contract.matchAll(/^### `([A-Z]+ \/\S*)`$/gm)].map((match) => match[1]!);
    const real = operations(document).map(({ route }) => (/^POST \/agent\/[a-z-]+$/.test(route) ? 'POST /agent/{type}' : route));
    expect(described.sort()).toEqual([...new Set(real)].sort());
  });

  it('shows the body and the answer of every route at least once', () => {
    const shown = new Set(examples.map(({ marker }) => marker.split(' ').slice(0, 2).join(' ')));
    const alike = [
      'GET /agent/{type}',
      'GET /health/ready',
      'GET /metrics',
      'DELETE /webhook-endpoints/{id}',
      'DELETE /tasks/{id}',
      'DELETE /console/session',
    ]; // the same body as a neighbour, or none
    const missing = operations(document).filter(({ route }) => !shown.has(route) && !alike.includes(route));
    expect(missing.map(({ route }) => route)).toEqual([]);
  });

  it('lists every field of a submit that is the service’s own', () => {
    expect(firstColumn('`POST /agent/{type}`').sort()).toEqual(Object.keys(document.components.schemas.SubmitEnvelope.properties).sort());
  });

  it('lists every header of the webhook', () => {
    const headers = document.webhooks['task-ended'].post.parameters.map((parameter: Document) => parameter.name);
    expect(
      firstColumn('The webhook')
        .filter((word) => headers.includes(word))
        .sort(),
    ).toEqual([...headers].sort());
  });

  it('uses the words of the code for states, reasons and outcomes', () => {
    const words = [
      ...contract
        .split('\n## Words')[1]!
        .split('\n## Codes')[0]!
        .matchAll(/^\| `(\w+)` \|/gm),
    ].map((match) => match[1]!);
    expect(words).toEqual([...TASK_STAGES, ...OUTBOX_STATUSES, ...DEAD_REASONS, ...ATTEMPT_OUTCOMES]);
  });

  it('gives the retry schedule that is the default', () => {
    const minutes = /^\| minutes \| (.*) \|$/m.exec(contract)![1]!.split(' | ').map(Number);
    expect(minutes.map((minute) => minute * 60_000)).toEqual(describeSchedule(defaultRetryPolicy));
  });
});

describe('the codes of docs/contract.md', () => {
  it('are those of the problems that the code answers with', () => {
    const thrown = [
      ...found(/new Problem\(\s*(\d{3}),\s*'([a-z_]+)'/g),
      ...found(/^ {2}(\d{3}): \['([a-z_]+)'/gm, 'problem.filter.ts'),
      ...found(/status: (\d{3}), code: '([a-z_]+)'/g, 'parse-json.ts'),
      ...words(/export type TroubleCode = ([^;]+);/g, 'json-trouble.ts').map((code) => `422 ${code}`),
    ];
    const listed = [...section('Problems').matchAll(/^\| (\d{3}) \| `(\w+)` \|/gm)].map((match) => `${match[1]} ${match[2]}`);
    expect(listed.sort()).toEqual([...new Set(thrown)].sort());
  });

  it('are those that tasks end with', () => {
    const thrown = [
      ...found(/new TaskFailed\(\s*'([a-z_]+)'/g),
      ...found(/'(document_[a-z_]+)'/g),
      ...found(/ended\('\w+', '([a-z_]+)'/g, 'decide-run.ts'),
      ...found(/\{ code: '([a-z_]+)', message/g).filter((code) => ['canceled', 'expired'].includes(code)),
    ].filter((code) => code !== 'document_url');
    expect(firstColumn('Task errors').sort()).toEqual([...new Set(thrown)].sort());
  });

  it('are those that attempts end with', () => {
    const thrown = [
      ...found(/^ {2}([a-z_]+): \{ outcome: '/gm, 'outcome.ts'),
      ...found(/undeliverable\('([a-z_]+)'/g),
      ...found(/errorCode: '([a-z_]+)'/g, 'outcome.ts'),
      ...found(/'unknown', false, '([a-z_]+)'/g, 'claim-due.ts'),
    ];
    expect(firstColumn('Attempt errors').sort()).toEqual([...new Set(thrown)].sort());
    const charged = [...section('Attempt errors').matchAll(/^\| `(\w+)` \| yes \|/gm)].map((match) => match[1]!);
    expect(charged.sort()).toEqual(found(/^ {2}([a-z_]+): \{ outcome: '\w+', charged: true/gm, 'outcome.ts').sort());
  });
});

/** The text under a heading, up to the next one of any level. */
function section(heading: string): string {
  const text = contract.split(new RegExp(`^#+ ${heading.replace(/[{}]/g, '\\$&')}$`, 'm'))[1];
  if (text === undefined) throw new Error(`There is no heading "${heading}".`);
  return text.split(/^#+ /m)[0]!;
}

/** The words in the first column of the tables of a section. */
function firstColumn(heading: string): string[] {
  return [...section(heading).matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1]!);
}

/** What a pattern's groups catch in the sources, joined by a space; in one file, when its name is given. */
function found(pattern: RegExp, file = ''): string[] {
  const hits = sourceFiles
    .filter(({ path }) => path.endsWith(file))
    .flatMap(({ text }) => [...text.matchAll(pattern)].map((match) => match.slice(1).join(' ')));
  if (hits.length === 0) throw new Error(`Nothing in src/${file} looks like ${pattern} any more; change the pattern.`);
  return hits;
}

/** The words of a union type. */
function words(pattern: RegExp, file: string): string[] {
  return found(pattern, file).flatMap((union) => [...union.matchAll(/'([a-z_]+)'/g)].map((match) => match[1]!));
}
