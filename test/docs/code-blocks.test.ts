import { execFile, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { configTable } from '../../src/config/config-table.js';
import { settings } from '../../src/config/settings.js';
import { packageRoot } from '../../src/platform/package-root.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { type Received, Receiver } from '../support/receiver.js';
import { ADMIN_KEY, API_KEY, call, sql, startService } from '../support/service.js';
import { readDoc, sourceFiles, withoutPadding } from './read-doc.js';

const readme = readDoc('README.md');
const SECRET = 'my-client-super-secret-key';

let database: TestDatabase;
let service: Awaited<ReturnType<typeof startService>>;
/** Has what the examples need around them: sources, test support and packages. */
let project: string;

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startService(database);
  project = mkdtempSync(join(tmpdir(), 'postback-readme-'));
  for (const path of ['package.json', 'tsconfig.json', '.swcrc', 'src', 'test/support'])
    cpSync(packageRoot(path), join(project, path), { recursive: true });
  symlinkSync(packageRoot('node_modules'), join(project, 'node_modules'));
});

afterAll(async () => {
  rmSync(project, { recursive: true, force: true });
  await service?.stop();
  await database?.drop();
});

/** The fenced block under `<!-- marker -->`. */
function block(marker: string): string {
  const text = readme.split(`<!-- ${marker} -->\n`)[1]?.match(/^```\w+\n([\s\S]*?\n)```$/m)?.[1];
  if (text === undefined) throw new Error(`README.md has no block "${marker}".`);
  return text;
}

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

describe('the agent of README.md', () => {
  beforeAll(() => {
    for (const [, path] of readme.matchAll(/<!-- file: ((?:src|test)\/\S+) -->/g)) place(path!, block(`file: ${path}`));
    const index = readFileSync(join(project, 'src/agents/index.ts'), 'utf8');
    const line = block('line: src/agents/index.ts');
    const added = index.replace(/^const agents: AgentClass\[\] = .*\n/m, () => line);
    expect(added).not.toBe(index);
    place('src/agents/index.ts', `import { WordCountAgent } from './word-count/word-count.agent.js';\n${added}`);
  });

  it('compiles', async () => {
    const files = ['src/agents/index.ts', 'test/agents/word-count.test.ts'];
    place('tsconfig.readme.json', JSON.stringify({ extends: './tsconfig.json', files, include: [] }));
    expect(await node('node_modules/typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.readme.json')).toBe('');
  });

  it('passes its own test', async () => {
    const { extensionsToTreatAsEsm, moduleNameMapper, transform } = (await import(packageRoot('jest.config.js'))).default;
    place('jest.config.json', JSON.stringify({ extensionsToTreatAsEsm, moduleNameMapper, transform, testEnvironment: 'node' }));
    const jest = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js', '--config', 'jest.config.json'];
    expect(await node(...jest, '--runInBand', 'test/agents/word-count.test.ts')).toContain('Tests:       2 passed, 2 total');
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

describe('the verification of README.md', () => {
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
    place('verify-webhook.ts', block('file: verify-webhook.ts'));
    place('harness.ts', tsHarness);
    const run = (received: Received) => node('--import', './test/support/typescript.js', 'harness.ts', input(secret, received));
    const received = await receive(secret);
    expect(await run(received)).toBe('task.completed\n');
    expect(await run(forged(received))).toMatch(/No matching signature/);
    expect(await run(old(received))).toMatch(/too old/);
  });

  it.each(secrets)('holds in Python, with the secret %s', async (secret) => {
    place('verify.py', block('file: verify_webhook.py') + pyHarness);
    const run = (received: Received) =>
      spawnSync('python3', [join(project, 'verify.py'), input(secret, received)], { encoding: 'utf8' }).stdout;
    const received = await receive(secret);
    expect(run(received)).toBe('task.completed\n');
    expect(run(forged(received))).toBe('The signature is wrong.\n');
    expect(run({ ...received, headers: { ...received.headers, 'webhook-timestamp': '1' } })).toBe('The signature is wrong.\n');
  });
});

describe('the walk through of README.md', () => {
  const walkable = spawnSync('curl', ['--version']).status === 0 && existsSync('/bin/sh');
  const blocks = [...readme.matchAll(/<!-- walk -->\n```sh\n([\s\S]*?)```/g)].map((match) => match[1]!);

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

describe('the settings of README.md', () => {
  it('are those of the code', () => {
    expect(readme.split('<!-- config -->')[1]!.split('<!-- /config -->')[0]!.trim()).toBe(withoutPadding(configTable()));
  });

  it('are named as without effect when nothing reads them', () => {
    const told = /^Read and checked, but without effect yet: ([\s\S]*?)\./m.exec(readme)?.[1] ?? '';
    const named = [...told.matchAll(/`(\w+)`/g)].map((match) => match[1]!);
    const rules = ['config/load-config.ts', 'config/check-config.ts'];
    const code = sourceFiles.filter(({ path }) => !path.startsWith('config/') || rules.includes(path)).map(({ text }) => text);
    const unread = Object.values(settings).flatMap((group) =>
      'parse' in group
        ? []
        : Object.entries(group).flatMap(([key, { name }]) => (code.some((text) => new RegExp(`\\b${key}\\b`).test(text)) ? [] : [name])),
    );
    // a word that other code uses too hides from the search above
    const hidden = named.filter((name) => /_LLM_/.test(name));
    expect(named.filter((name) => !hidden.includes(name)).sort()).toEqual(unread.filter((name) => !hidden.includes(name)).sort());
  });
});

describe('README.md', () => {
  it('has beside it an index that lists every decision', () => {
    const pages = readdirSync(packageRoot('docs/decisions')).filter((name) => name !== 'README.md');
    expect(firstLinks(readDoc('docs/decisions/README.md')).sort()).toEqual(pages.sort());
  });

  it('links only to pages, headings and scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(packageRoot('package.json'), 'utf8'));
    for (const [, script] of readme.matchAll(/`npm (?:run )?(dev|demo|start|test|config|migrate|check)`/g))
      expect(Object.keys(scripts)).toContain(script);
    for (const page of ['README.md', 'docs/contract.md', 'docs/running.md', 'docs/decisions/README.md']) {
      for (const [, target] of readDoc(page).matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
        const [path = '', anchor] = target!.split('#');
        const file = path === '' ? page : join(dirname(page), path);
        expect([page, target, existsSync(packageRoot(file))]).toEqual([page, target, true]);
        if (anchor) expect([page, target, anchors(readDoc(file)).includes(anchor)]).toEqual([page, target, true]);
      }
    }
  });
});

function firstLinks(page: string): string[] {
  return [...page.matchAll(/^\| \[[^\]]+\]\(([^)]+)\)/gm)].map((match) => match[1]!);
}

/** As GitHub makes them from headings; a repeated one is counted. */
function anchors(page: string): string[] {
  const seen = new Map<string, number>();
  return [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => {
    const anchor = heading!
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-');
    const times = seen.get(anchor) ?? 0;
    seen.set(anchor, times + 1);
    return times === 0 ? anchor : `${anchor}-${times}`;
  });
}
