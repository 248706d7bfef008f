import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectedDiscrepancies, expectedIpClauses, expectedPages } from '../../examples/contract/expected.js';
import { packageRoot } from '../../src/platform/package-root.js';
import { contractRefs, makePdf } from '../agents/analyze-document/documents.js';
import { hostileDocuments } from '../agents/analyze-document/hostile-documents.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { type Answer, Receiver } from '../support/receiver.js';
import { call, ServiceProcess, sql } from '../support/service.js';

const CONTRACT = readFileSync(packageRoot('examples/contract/master-services-agreement.pdf'));
const SCAN = await makePdf((pdf) => void pdf.rect(50, 50, 400, 600).fill('#888'));
const MAX_BYTES = 20_000_000;
/** On a machine that is slow enough, the deadline comes before the last byte that is allowed. */
const TOO_MUCH = 'document_too_large|document_timeout';
const PIECE = Buffer.alloc(65_536, 'x');
const GZIP_BOMB = gzipSync(Buffer.alloc(200_000_000));
const TEXT = '1. License. The Supplier grants the Customer a non-exclusive licence to use the software.\n';

let database: TestDatabase;
/** A process of its own: what this one does to make documents and to serve them must not pass for the service's own silence. */
let service: ServiceProcess;

beforeAll(async () => {
  expect(CONTRACT.length).toBeLessThan(MAX_BYTES);
  database = await createTestDatabase();
  service = await ServiceProcess.start(
    database,
    { POSTBACK_DOCUMENT_MAX_BYTES: String(MAX_BYTES), POSTBACK_DOCUMENT_TIMEOUT_MS: '10000' },
    'file',
  );
});

afterAll(async () => {
  await service?.stop();
  await database?.drop();
});

describe('a contract in, a webhook out', () => {
  it('names exactly the clauses and deviations that a reader finds in the example', async () => {
    const documents = await Receiver.start(bytes(CONTRACT, 'application/pdf'));
    const event = await analyze(documents.url('/master-services-agreement.pdf'));
    expect(event).toMatchObject({ type: 'task.completed', status: 'completed', task_type: 'analyze-document' });
    expect(event.result.ip_clauses).toEqual(expectedIpClauses);
    expect(event.result.clauses.map(({ ref }: { ref: string }) => ref)).toEqual(expectedIpClauses);
    const found = event.result.discrepancies.map(({ category, clause_ref, severity }: Record<string, string>) => ({
      category,
      clause_ref,
      severity,
    }));
    expect(found).toEqual(expectedDiscrepancies);
    expect(event.result.document).toMatchObject({ pages: expectedPages, sha256: createHash('sha256').update(CONTRACT).digest('hex') });
    expect(documents.received).toHaveLength(1);
    await documents.stop();
  });

  it('goes by what a document is, not by its name or declared type', async () => {
    const documents = await Receiver.start(bytes(CONTRACT, 'text/html'));
    expect((await analyze(documents.url('/contract.txt'))).result.ip_clauses).toEqual(expectedIpClauses);
    documents.answerWith(bytes(Buffer.from(`<html><body><p>${TEXT}</p></body></html>`), 'application/pdf'));
    expect((await analyze(documents.url('/contract.pdf'))).status).toBe('completed');
    await documents.stop();
  });

  it('follows a redirect', async () => {
    const documents = await Receiver.start(redirect('/elsewhere'), bytes(Buffer.from(TEXT), 'text/plain'));
    expect((await analyze(documents.url())).status).toBe('completed');
    expect(documents.received.map(({ path }) => path)).toEqual(['/hook', '/elsewhere']);
    await documents.stop();
  });
});

describe('a document that cannot be had or read', () => {
  const cut = CONTRACT.subarray(0, 9_000);
  const cases: [name: string, codes: string, answer: Answer][] = [
    ['is not there (404)', 'document_http_error', 404],
    ['is forbidden (403)', 'document_http_error', 403],
    ['fails on the server (500)', 'document_http_error', 500],
    ['is empty', 'document_empty', bytes(Buffer.alloc(0), 'application/pdf')],
    [
      'is garbage named PDF',
      'document_type_unsupported',
      bytes(Buffer.from(Array.from({ length: 5_000 }, (_, n) => (n * 7919) % 251)), 'application/pdf'),
    ],
    ['is a picture', 'document_type_unsupported', bytes(Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), 'image/png')],
    [
      'begins like a PDF and is none',
      'document_unreadable',
      bytes(Buffer.from(`%PDF-1.7\n${'\x80'.repeat(2_000)}`, 'latin1'), 'application/pdf'),
    ],
    ['is a scan without text', 'document_has_no_text', bytes(SCAN, 'application/pdf')],
    ['is white space', 'document_empty', bytes(Buffer.from('   \n \n'), 'text/plain')],
    ['says it is too large', 'document_too_large', bytes(Buffer.alloc(MAX_BYTES + 1, 'x'), 'text/plain')],
    [
      'turns out to be too large',
      'document_too_large',
      (_, response) => {
        response.writeHead(200, { 'content-type': 'text/plain' });
        response.write(Buffer.alloc(MAX_BYTES, 'x'));
        response.end('one more');
      },
    ],
    [
      'breaks off',
      'document_unreachable',
      (_, response) => {
        response.writeHead(200, { 'content-length': String(CONTRACT.length) });
        response.write(cut, () => response.destroy());
      },
    ],
    ['never comes', 'document_timeout', () => {}],
    [
      'comes byte by byte',
      'document_timeout',
      (_, response) => {
        const dripping = setInterval(() => void response.write('x'), 20);
        response.once('close', () => clearInterval(dripping));
      },
    ],
    [
      'never ends',
      TOO_MUCH,
      (_, response) => {
        const more = () => {
          while (!response.destroyed && response.write(PIECE));
        };
        response.on('drain', more);
        more();
      },
    ],
    [
      'is a gzip bomb',
      TOO_MUCH,
      (_, response) => void response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' }).end(GZIP_BOMB),
    ],
    ['redirects to a forbidden address', 'document_blocked', redirect('http://10.0.0.1/contract.pdf')],
    ['redirects to a metadata service', 'document_blocked', redirect('http://169.254.169.254/latest/meta-data/')],
    ['redirects to a file', 'document_blocked', redirect('file:///etc/passwd')],
    ['redirects for ever', 'document_http_error', redirect('/again')],
  ];

  /** Those that wait for the deadline wait together, while the others are tried. */
  const waiting = new Map<string, ReturnType<typeof tryIt>>();

  async function tryIt(answer: Answer) {
    const documents = await Receiver.start(answer);
    const event = await analyze(documents.url('/contract.pdf?token=of-the-caller'));
    await documents.stop();
    return event;
  }

  beforeAll(() => {
    for (const [name, codes, answer] of cases) if (codes === 'document_timeout') waiting.set(name, tryIt(answer));
  });

  it.each(cases)('ends its task as failed, once and with a code, when it %s', async (name, codes, answer) => {
    const code = expect.stringMatching(new RegExp(`^(${codes})$`));
    const event = await (waiting.get(name) ?? tryIt(answer));
    expect(event).toMatchObject({ type: 'task.failed', status: 'failed', error: { code, message: expect.stringMatching(/^[A-Z].*\.$/) } });
    expect(event).not.toHaveProperty('result');
    expect(event.error.message).not.toContain('of-the-caller');
    const { body } = await call('GET', `${service.url}/tasks/${event.task_id}`);
    expect(body).toMatchObject({ status: 'failed', runs: 1, result: null, error: { code } });
    expect(await sql(database, "SELECT FROM postback.task_events WHERE task_id = $1 AND type = 'task.retrying'", [event.task_id])).toEqual(
      [],
    );
  });

  it('spoils nothing for the good ones among which it comes', async () => {
    const bad = await Receiver.start(...cases.map(([, , answer]) => answer));
    const good = await Receiver.start(bytes(Buffer.from(TEXT), 'text/plain'));
    const urls = Array.from({ length: 8 }, (_, n) => (n % 2 === 0 ? bad : good).url());
    const events = await Promise.all(urls.map(analyze));
    expect(events.map(({ status }) => status)).toEqual(urls.map((url) => (url.startsWith(good.url('')) ? 'completed' : 'failed')));
    await Promise.all([bad.stop(), good.stop()]);
  });

  it('ends its task as failed when nobody listens at its address', async () => {
    const gone = await Receiver.start();
    const url = gone.url('/contract.pdf');
    await gone.stop();
    expect(await analyze(url)).toMatchObject({ status: 'failed', error: { code: 'document_unreachable' } });
  });
});

describe('a hostile document', () => {
  /** As many as there are in the worker's hands at once; one after the other would take too long. */
  const LANES = 3;
  /** Whoever is asked for something that a document names. */
  let trap: Receiver;
  const ends = new Map<string, { event: Awaited<ReturnType<typeof analyze>>; downloads: number }>();
  /** Of a good document after the last hostile one of each lane; within a lane the next hostile one is the proof. */
  const afterwards: string[] = [];

  beforeAll(async () => {
    trap = await Receiver.start(200);
    const good = await Receiver.start(bytes(Buffer.from(TEXT), 'text/plain'));
    // All are made first: making one keeps this process busy for seconds, in which none would be served.
    const waiting: [row: string, made: Buffer][] = [];
    for (const { row, make } of hostileDocuments) waiting.push([row, await make(trap.url('/trap'))]);
    const lane = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const [row, made] = next;
        const documents = await Receiver.start(bytes(made, 'application/pdf'));
        const event = await analyze(documents.url());
        ends.set(row, { event, downloads: documents.received.length });
        await documents.stop();
      }
      afterwards.push((await analyze(good.url())).status);
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    await good.stop();
  }, 60_000);

  afterAll(() => trap.stop());

  it.each(hostileDocuments)('ends its task once: $row', async ({ row, code }) => {
    const { event, downloads } = ends.get(row)!;
    if (code === null) {
      expect(event).toMatchObject({ status: 'completed', result: { ip_clauses: contractRefs } });
      expect(JSON.stringify(event)).not.toMatch(/\\u0000|climbed|<script/);
    } else {
      const message = expect.stringMatching(/^[A-Z].*\.$/);
      expect(event).toMatchObject({ status: 'failed', error: { code: expect.stringMatching(code), message } });
    }
    const [task] = await sql(database, 'SELECT status, runs, interruptions FROM postback.tasks WHERE id = $1', [event.task_id]);
    expect(task).toEqual({ status: event.status, runs: 1, interruptions: 0 });
    expect(downloads).toBe(1);
  });

  it('leaves a worker that reads good ones as before', () => {
    expect(afterwards).toEqual(Array.from({ length: LANES }, () => 'completed'));
  });

  it('reaches nothing that it names, on the network or in the file system', () => {
    expect(trap.received).toEqual([]);
    expect(existsSync('/tmp/postback-climbed')).toBe(false);
  });

  it('leaves no process behind', () => {
    if (process.platform !== 'linux') return; // there is no /proc to look into
    const { pid } = service.child;
    expect(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')).toBe('');
  });
});

/** Submits the document and returns the event that its webhook brought. */
// biome-ignore lint/suspicious/noExplicitAny: a received body is what it is
async function analyze(documentUrl: string): Promise<any> {
  const receiver = await Receiver.start(200);
  const { status } = await call('POST', `${service.url}/agent/analyze-document`, {
    body: { document_url: documentUrl, analysis_type: 'ip_clauses', webhook_url: receiver.url(), webhook_secret: 'a secret for tests' },
  });
  expect(status).toBe(202);
  const [received] = await receiver.requests(1);
  await receiver.stop();
  return JSON.parse(received!.body.toString());
}

function bytes(body: Buffer, contentType: string): Answer {
  return (_, response) => void response.writeHead(200, { 'content-type': contentType, 'content-length': String(body.length) }).end(body);
}

function redirect(location: string): Answer {
  return (_, response) => void response.writeHead(302, { location }).end();
}
