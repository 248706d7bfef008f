import { execFile, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { packageRoot } from '../../src/platform/package-root.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { type Received, Receiver } from '../support/receiver.js';
import { ADMIN_KEY, API_KEY, call, sql, startService } from '../support/service.js';
import { block, readDoc } from './read-doc.js';

jest.setTimeout(180_000); // compilers, as slow as the machine is busy

const SECRET = 'my-client-super-secret-key';

let database: TestDatabase;
let service: Awaited<ReturnType<typeof startService>>;
/** Has what the examples need around them: sources, test support and packages. */
let project: string;

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startService(database);
  project = mkdtempSync(join(tmpdir(), 'postback-pages-'));
  for (const path of ['package.json', 'tsconfig.json', '.swcrc', 'src', 'dist/src', 'test/support'])
    cpSync(packageRoot(path), join(project, path), { recursive: true });
  symlinkSync(packageRoot('node_modules'), join(project, 'node_modules'));
});

afterAll(async () => {
  rmSync(project, { recursive: true, force: true });
  await service?.stop();
  await database?.drop();
});

function place(path: string, text: string): void {
  mkdirSync(dirname(join(project, path)), { recursive: true });
  writeFileSync(join(project, path), text);
}

/** Runs this Node in the project of the examples. */
async function node(...args: string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: project }).catch((error) => {
    throw new Error(`${error.stdout}\n${error.stderr}`);
  });
  return stdout + stderr;
}

describe('the agent of docs/agents.md', () => {
  beforeAll(async () => {
    for (const [, path] of readDoc('docs/agents.md').matchAll(/<!-- file: (\S+) -->/g))
      place(path!, block('docs/agents.md', `file: ${path}`));
    const index = readFileSync(join(project, 'src/agents/index.ts'), 'utf8');
    const line = block('docs/agents.md', 'line: src/agents/index.ts');
    const added = index.replace(/^const agents: AgentClass\[\] = .*\n/m, () => line);
    expect(added).not.toBe(index);
    place('src/agents/index.ts', `import { WordCountAgent } from './word-count/word-count.agent.js';\n${added}`);
    await node('node_modules/@swc/cli/bin/swc.js', 'src/agents', '--out-dir', 'dist', '--quiet');
  });

  it('compiles', async () => {
    const files = ['src/agents/index.ts', 'test/agents/word-count.test.ts'];
    place('tsconfig.pages.json', JSON.stringify({ extends: './tsconfig.json', files, include: [] }));
    expect(await node('node_modules/typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.pages.json')).toBe('');
  });

  it('passes its own test', async () => {
    const { globalSetup, globalTeardown, ...config } = (await import(packageRoot('jest.config.js'))).default; // no database
    place('jest.config.json', JSON.stringify(config));
    const program = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js', '--config', 'jest.config.json'];
    expect(await node(...program, '--runInBand', 'test/agents/word-count.test.ts')).toContain('Tests:       2 passed, 2 total');
  });

  it('is taken by the registry', async () => {
    place(
      'registry.ts',
      `import 'reflect-metadata';
       import { createAgents } from './src/agents/index.js';
       import { AgentRegistry } from './src/agents/registry.js';
       console.log(new AgentRegistry(createAgents({ demo: false })).types.join());`,
    );
    expect(await node('--import', './test/support/typescript.js', 'registry.ts')).toBe('analyze-document,word-count\n');
  });
});

describe('the verification of docs/receivers.md', () => {
  const secrets = [SECRET, `whsec_${Buffer.alloc(24, 9).toString('base64')}`, 'geheim-ünïcode-✓'];

  async function receive(secret: string): Promise<Received> {
    const receiver = await Receiver.start(200);
    await call('POST', `${service.url}/agent/echo`, { body: { payload: 'ü', webhook_url: receiver.url(), webhook_secret: secret } });
    const [received] = await receiver.requests(1);
    await receiver.stop();
    return received!;
  }

  /** Prints the event's type, or what was thrown. */
  const tsHarness = `
    import { verifyWebhook } from './verify-webhook.js';
    const { secret, headers, body } = JSON.parse(process.argv[2]!);
    try { console.log((verifyWebhook(secret, headers, Buffer.from(body, 'base64')) as { type: string }).type); }
    catch (error) { console.log(String(error)); }`;
  const pyHarness = `
import sys
given = json.loads(sys.argv[1])
body = base64.b64decode(given["body"])
try:
    event = verify_webhook(given["secret"], given["headers"], body)
    print(event["type"] if verify_simple(given["secret"], given["headers"], body) else "the simple scheme differs")
except ValueError as error:
    print(error)`;

  const input = (secret: string, { headers, body }: Received) => JSON.stringify({ secret, headers, body: body.toString('base64') });
  const forged = (received: Received): Received => ({ ...received, body: Buffer.concat([received.body, Buffer.from(' ')]) });
  const old = (received: Received): Received => ({
    ...received,
    headers: { ...received.headers, 'webhook-timestamp': String(Number(received.headers['webhook-timestamp']) - 600) },
  });

  it.each(secrets)('holds in TypeScript, with the secret %s', async (secret) => {
    place('verify-webhook.ts', block('docs/receivers.md', 'file: verify-webhook.ts'));
    place('harness.ts', tsHarness);
    const run = (received: Received) => node('--import', './test/support/typescript.js', 'harness.ts', input(secret, received));
    const received = await receive(secret);
    expect(await run(received)).toBe('task.completed\n');
    expect(await run(forged(received))).toMatch(/No matching signature/);
    expect(await run(old(received))).toMatch(/too old/);
  });

  it.each(secrets)('holds in Python, with the secret %s', async (secret) => {
    place('verify.py', block('docs/receivers.md', 'file: verify_webhook.py') + pyHarness);
    const run = (received: Received) =>
      spawnSync('python3', [join(project, 'verify.py'), input(secret, received)], { encoding: 'utf8' }).stdout;
    const received = await receive(secret);
    expect(run(received)).toBe('task.completed\n');
    expect(run(forged(received))).toBe('The signature is wrong.\n');
    expect(run({ ...received, headers: { ...received.headers, 'webhook-timestamp': '1' } })).toBe('The signature is wrong.\n');
  });
});

describe('the client of docs/client.md', () => {
  beforeAll(async () => {
    for (const file of ['client.ts', 'handle-webhook.ts']) place(`client/${file}`, block('docs/client.md', `file: ${file}`));
    await node('node_modules/openapi-typescript/bin/cli.js', `${service.url}/openapi.json`, '-o', 'client/postback.d.ts');
  });

  it('compiles with the types that are generated from the running service', async () => {
    place('tsconfig.client.json', JSON.stringify({ extends: './tsconfig.json', include: ['client'] }));
    // types that took anything would be no types
    const wrong = "import type { paths } from './postback.js';\n// @ts-expect-error\nexport const wrong: keyof paths = '/agent/nothing';\n";
    place('client/wrong.ts', wrong);
    expect(await node('node_modules/typescript/bin/tsc', '-p', 'tsconfig.client.json')).toBe('');
  });

  it('submits, waits, reads the result, lists the deliveries and asks for another', async () => {
    const receiver = await Receiver.start(200);
    const settings = { POSTBACK_URL: service.url, POSTBACK_KEY: API_KEY, WEBHOOK_URL: receiver.url() };
    const { stdout } = await promisify(execFile)(process.execPath, ['client/client.ts'], {
      cwd: project,
      env: { ...process.env, ...settings },
    });
    expect(stdout).toBe('completed: {"hello":"world"}\ndelivered, attempt 1\ndelivered, attempt 2\n');
    const [first, second] = await receiver.requests(2);
    expect(second!.headers['webhook-id']).toBe(first!.headers['webhook-id']);
    await receiver.stop();
  });

  it('finds the clauses of a result, whether it came or has to be fetched, and takes no other', async () => {
    place(
      'client/handle.ts',
      `import { clausesIn } from './handle-webhook.ts';
       console.log(await clausesIn(JSON.parse(process.argv[2]!)).then(String, ({ message }) => message));`,
    );
    const handle = (webhook: object) => node('client/handle.ts', JSON.stringify(webhook));
    const { result_url: link, ...large } = await webhookOf({ ip_clauses: ['Clause 7.2'], filling: 'x'.repeat(300_000) });
    expect(large).not.toHaveProperty('result');
    const result_url = service.url + new URL(link).pathname + new URL(link).search;
    expect(await handle({ ...large, result_url })).toBe('Clause 7.2\n');
    expect(await handle({ ...large, result_url, result_digest: 'sha-256=:other:' })).toBe(
      'The result is not the one that was announced.\n',
    );
    expect(await handle({ ...large, result_url: `${result_url}x` })).toBe('The result could not be fetched: status 403.\n');
    expect(await handle(await webhookOf({ ip_clauses: ['Clause 8'] }))).toBe('Clause 8\n');
  });

  async function webhookOf(payload: object) {
    const receiver = await Receiver.start(200);
    await call('POST', `${service.url}/agent/echo`, { body: { payload, webhook_url: receiver.url(), webhook_secret: SECRET } });
    const [received] = await receiver.requests(1);
    await receiver.stop();
    return JSON.parse(received!.body.toString());
  }
});

describe('the walk through of README.md', () => {
  const walkable = spawnSync('curl', ['--version']).status === 0 && existsSync('/bin/sh');
  const blocks = [...readDoc('README.md').matchAll(/<!-- walk -->\n```sh\n([\s\S]*?)```/g)].map((match) => match[1]!);

  (walkable ? it : it.skip)('works as printed', async () => {
    const receiver = await Receiver.start(200);
    const documents = await Receiver.start((_, response) =>
      response.end(readFileSync(packageRoot('examples/contract/master-services-agreement.pdf'))),
    );
    const origin = (of: Receiver) => new URL(of.url()).origin;
    const [variables = '', submit = '', keep = '', look = '', admin = '', analyze = ''] = blocks.map((text) =>
      text
        .replaceAll('http://localhost:3000', service.url)
        .replaceAll('http://127.0.0.1:4000', origin(receiver))
        .replaceAll('http://127.0.0.1:8000', origin(documents))
        .replaceAll('dev-consumer-key', API_KEY)
        .replaceAll('dev-admin-key', ADMIN_KEY),
    );
    expect(blocks).toHaveLength(6);

    const first = await sh(`${variables}${submit}${keep}echo; echo "$TASK"`);
    expect(first).toMatch(/^HTTP\/1.1 202 Accepted/);
    const task = first.trim().split('\n').at(-1)!;
    expect(first).toContain(`"task_id":"${task}"`);
    const [webhook] = await receiver.requests(1);
    expect(JSON.parse(webhook!.body.toString())).toMatchObject({ task_id: task, result: { hello: 'world' } });
    await eventually(
      async () =>
        (await sql(database, `SELECT FROM postback.webhook_outbox WHERE task_id = $1 AND status = 'delivered'`, [task])).length > 0,
      'the delivery to be written down',
    );

    const second = await sh(`${variables}TASK=${task}\n${look}${admin}`);
    expect(second).toContain('"type":"task.progress"');
    expect(second).toContain('"attempt_log":[{"attempt":1');
    const again = await receiver.requests(2);
    expect(again[1]!.headers['webhook-id']).toBe(webhook!.headers['webhook-id']);

    expect(await sh(variables + analyze)).toContain('"status":"processing"');
    const analyzed = JSON.parse((await receiver.requests(3))[2]!.body.toString());
    expect(analyzed).toMatchObject({ type: 'task.completed', task_type: 'analyze-document' });
    await Promise.all([receiver.stop(), documents.stop()]);
  });

  function sh(script: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const child = spawn('/bin/sh', ['-e', '-c', script]);
      let out = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (out += chunk));
      child.once('error', reject);
      child.once('close', (code) => (code === 0 ? resolve(out) : reject(new Error(out))));
    });
  }
});
