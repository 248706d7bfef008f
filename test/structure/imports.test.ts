import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { packageRoot } from '../../src/platform/package-root.js';

interface Import {
  /** Ours: a path from `src/` without its ending, e.g. `tasks/states`. Else the name of a package. */
  target: string;
  ours: boolean;
  typesOnly: boolean;
}

interface Source {
  /** From `src/`, e.g. `tasks/submit-tasks.ts`. */
  path: string;
  text: string;
  imports: Import[];
}

const ROOT = packageRoot('src');
const sources: Source[] = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map(readSource);

/** What a folder may import of ours besides itself. Types of the configuration are allowed everywhere. */
const ALLOWED: Record<string, RegExp[]> = {
  config: [],
  platform: [],
  agents: [],
  alerts: [/^platform\//],
  webhooks: [/^platform\//, /^alerts\//],
  tasks: [/^platform\//, /^agents\//, /^webhooks\/endpoints\//, /^webhooks\/secret-format/],
  execution: [/^platform\//, /^tasks\//, /^agents\//, /^webhooks\/outbox\//, /^alerts\//],
  admin: [/^platform\//, /^tasks\//, /^agents\//, /^webhooks\//, /^execution\//, /^alerts\//],
  health: [/^platform\//],
  metrics: [/^platform\//, /^agents\//, /^alerts\//, /^webhooks\/outbox\//],
};

/** Single imports that the table does not foresee, each with its reason. */
const EXCEPTIONS: Record<string, string[]> = {
  // the list of migrations is data that the migrator needs; it lies outside src/ and imports nothing of it
  'platform/database/migrate.ts': ['../migrations/index'],
  // an erased task takes along what was or would be sent for it, in the same commit
  'tasks/erase-task.ts': ['webhooks/outbox/erase-deliveries'],
  // a port that is taken is the operator's to change, and said like every other setting
  'metrics/metrics-listener.ts': ['config/config-error'],
  // one bound, held by config at boot, for an endpoint's own time-out, and again when it is sent to
  'webhooks/delivery/deliverer.ts': ['config/check-config'],
  'webhooks/endpoints/read-fields.ts': ['config/check-config'],
};

/** Decide from what they are given: no framework, no database. */
const PURE = [
  'tasks/states.ts',
  'webhooks/outbox/states.ts',
  'webhooks/outbox/event-body.ts',
  'webhooks/delivery/outcome.ts',
  'webhooks/delivery/plan-next.ts',
  'webhooks/delivery/retry-schedule.ts',
  'webhooks/delivery/retry-after.ts',
  'webhooks/delivery/sign.ts',
  'webhooks/endpoints/ad-hoc-key.ts',
  'webhooks/secret-format.ts',
  'execution/decide-run.ts',
  'execution/run-stop.ts',
  'alerts/dead-letter.ts',
  'alerts/evaluate.ts',
  'alerts/runbook.ts',
  'alerts/sinks/headline.ts',
  'alerts/sinks/hide-secrets.ts',
  'alerts/sinks/pagerduty.ts',
  'alerts/sinks/slack.ts',
  'platform/canonical-json.ts',
  'platform/json-text.ts',
  'platform/http/parse-json.ts',
  'platform/http/json-trouble.ts',
  'platform/egress/url-rules.ts',
  'platform/egress/address-rules.ts',
  'platform/egress/name-rules.ts',
  'platform/egress/port-rules.ts',
  'platform/secrets/envelope.ts',
  'platform/secrets/fingerprint.ts',
];

const FRAMEWORKS = /^(@nestjs\/|typeorm|pg$|pg-boss)/;

describe('imports under src/', () => {
  it('stay within what each folder may know', () => {
    expect(everyImport((from, { ours, target, typesOnly }) => ours && !mayImport(from, target, typesOnly))).toEqual([]);
  });

  it('are checked for every folder there is', () => {
    const folders = new Set(sources.map(({ path }) => folderOf(path)).filter((folder) => folder !== null));
    expect([...folders].filter((folder) => !(folder in ALLOWED))).toEqual([]);
  });

  it('are all seen by this test', () => {
    expect(everyImport((_, { ours, target }) => ours && !target.startsWith('..') && find(target) === undefined)).toEqual([]);
    expect(sources.flatMap(({ imports }) => imports).length).toBeGreaterThan(300);
  });

  it('need no exception that is listed and not used', () => {
    const unused = Object.entries(EXCEPTIONS).filter(
      ([path, targets]) => !targets.every((target) => at(path).imports.some((each) => each.target === target)),
    );
    expect(unused).toEqual([]);
  });

  it.each(PURE)('of %s lead to neither Nest nor TypeORM nor the database, however far one follows them', (path) => {
    const impure = [...reachable(path)].flatMap((reached) =>
      reached.imports
        .filter(({ target, typesOnly }) => !typesOnly && FRAMEWORKS.test(target))
        .map(({ target }) => `${reached.path} imports ${target}`),
    );
    expect(impure).toEqual([]);
  });
});

describe('the code under src/', () => {
  it.each([
    ['the environment', /process\s*(\.|\[['"`])env\b/, ['config/environment.ts']],
    ['the clock', /\bDate\.now\(|new Date\(\)/, ['platform/clock.ts']],
    ['chance', /\bMath\.random\(/, ['platform/clock.ts']],
    // performance.now: a default for tests and callers that have no Clock at hand; durations only, never compared or stored
    [
      'the monotonic clock',
      /\bperformance\.now\(/,
      ['platform/clock.ts', 'platform/egress/answer-cache.ts', 'platform/egress/webhook-client.ts'],
    ],
  ])('reads %s in one place', (_, pattern, places) => {
    expect(
      sources
        .filter(({ text }) => pattern.test(withoutComments(text)))
        .map(({ path }) => path)
        .sort(),
    ).toEqual(places);
  });

  it('makes tasks terminal in one place', () => {
    const terminal = /UPDATE postback\.tasks[\s\S]*?finished_at = now\(\)/;
    expect(sources.filter(({ text }) => terminal.test(text)).map(({ path }) => path)).toEqual(['execution/end-task.ts']);
  });
});

function readSource(path: string): Source {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const pattern = /^(?:import\b([^;'"]*?)|export((?:\s+type)?\s+(?:\*|\{[^}]*\})[^;'"]*?)\bfrom\s+)['"]([^'"]+)['"]/gm;
  const statements = [...text.matchAll(pattern)].map(([, imported, exported, target]) => [imported ?? exported ?? '', target!] as const);
  const dynamic = [...text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)].map(([, target]) => ['', target!] as const);
  return { path, text, imports: [...statements, ...dynamic].map(([clause, target]) => readImport(path, clause, target)) };
}

function readImport(from: string, clause: string, written: string): Import {
  const ours = written.startsWith('.');
  const target = ours ? relative(ROOT, normalize(join(ROOT, dirname(from), written))).replace(/\.js$/, '') : written;
  const names =
    /\{([^}]*)\}/
      .exec(clause)?.[1]
      ?.split(',')
      .filter((name) => name.trim() !== '') ?? [];
  return { target, ours, typesOnly: /^\s*type\b/.test(clause) || (names.length > 0 && names.every((name) => /^\s*type\s/.test(name))) };
}

/** `from: target` of the imports that `matches` is true for. */
function everyImport(matches: (from: string, each: Import) => boolean): string[] {
  return sources.flatMap(({ path, imports }) => imports.filter((each) => matches(path, each)).map(({ target }) => `${path}: ${target}`));
}

function mayImport(from: string, target: string, typesOnly: boolean): boolean {
  const folder = folderOf(from);
  if (folder === null || EXCEPTIONS[from]?.includes(target)) return true;
  // an agent's folder knows the contract beside it and no other agent
  if (folder === 'agents' && agentOf(from) !== null) return agentOf(target) === agentOf(from) || /^agents\/[^/]+$/.test(target);
  if (folderOf(target) === folder) return true;
  if (folderOf(target) === 'config') return folder === 'platform' || typesOnly;
  return ALLOWED[folder]?.some((allowed) => allowed.test(target)) ?? false;
}

/** Null for a file directly under `src/`, which may import everything. */
const folderOf = (path: string): string | null => (path.includes('/') ? path.slice(0, path.indexOf('/')) : null);

const agentOf = (path: string): string | null => /^agents\/([^/]+)\//.exec(path)?.[1] ?? null;

const find = (target: string): Source | undefined => sources.find(({ path }) => path === `${target}.ts`);

function at(path: string): Source {
  const source = find(path.replace(/\.ts$/, ''));
  if (source === undefined) throw new Error(`There is no src/${path} any more; correct the list that names it.`);
  return source;
}

/** A file and all that it imports for more than types. */
function reachable(path: string, seen = new Set<Source>()): Set<Source> {
  const source = at(path);
  if (seen.has(source)) return seen;
  seen.add(source);
  for (const { ours, target, typesOnly } of source.imports) if (ours && !typesOnly && find(target)) reachable(`${target}.ts`, seen);
  return seen;
}

const withoutComments = (text: string) => text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '');
