import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { parse } from 'yaml';
import { TaskMetrics } from '../../src/execution/task-metrics.js';
import { TableGauges } from '../../src/metrics/table-gauges.js';
import { Activity } from '../../src/platform/metrics/activity.js';
import { processMetrics } from '../../src/platform/metrics/process-metrics.js';
import { packageRoot } from '../../src/platform/package-root.js';
import { DeliveryMetrics } from '../../src/webhooks/delivery/delivery-metrics.js';
import { readDoc } from '../docs/read-doc.js';

interface Metric {
  name: string;
  type: string;
  labelNames: string[];
}

const read = (path: string) => readFileSync(packageRoot(path), 'utf8');
const rules: { alert: string; expr: string; annotations: Record<string, string> }[] = parse(
  read('deploy/prometheus/rules.yml'),
).groups.flatMap((group: { rules: object[] }) => group.rules);
const dashboard = JSON.parse(read('deploy/grafana/postback.json'));
const panels: { title: string; targets?: { expr: string; legendFormat: string }[] }[] = dashboard.panels;

/** Those of the service; two gauges of it live where the database does. */
const ours = new Registry();
const ofExposition: Metric[] = [
  { name: 'postback_database_up', type: 'gauge', labelNames: [] },
  { name: 'postback_database_pool', type: 'gauge', labelNames: ['state'] },
];
let metrics: Map<string, Metric>;

beforeAll(() => {
  const activity = new Activity({ query: () => Promise.reject(new Error('There is no database here.')) });
  new TaskMetrics(ours, activity, ['echo']);
  new DeliveryMetrics(ours, activity);
  new TableGauges(ours, ['echo']);
  const all = [ours, processMetrics()].flatMap((registry) => registry.getMetricsAsArray() as unknown as Metric[]);
  metrics = new Map([...ofExposition, ...all].map(({ name, type, labelNames }) => [name, { name, type: String(type), labelNames }]));
});

/** Names of metrics and of labels that a query uses, with the label values it names. */
function used(expr: string): { names: string[]; labels: string[] } {
  const bare = expr.replace(/"[^"]*"/g, '""');
  const names = [...bare.matchAll(/\b(postback_\w+|process_\w+|nodejs_\w+)\b/g)].map((match) => match[1]!);
  const grouped = [...bare.matchAll(/\bby \(([^)]*)\)/g)].flatMap((match) => match[1]!.split(','));
  const matched = [...bare.matchAll(/(\w+)(?:=|!=|=~|!~)""/g)].map((match) => match[1]!);
  return { names, labels: [...grouped, ...matched].map((label) => label.trim()) };
}

/** A histogram is asked for by its parts. */
function find(name: string): Metric | undefined {
  const whole = metrics.get(name.replace(/_(bucket|sum|count)$/, ''));
  return metrics.get(name) ?? (whole?.type === 'histogram' ? whole : undefined);
}

describe('the alerting rules and the dashboard', () => {
  const queries = [
    ...rules.map(({ alert, expr }) => [alert, expr] as const),
    ...panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const)),
  ];

  it.each(queries)('ask for metrics and labels that there are: %s', (_, expr) => {
    const { names, labels } = used(expr);
    expect(names.length + Number(/^up\{/.test(expr))).toBeGreaterThan(0);
    expect(names.filter((name) => find(name) === undefined)).toEqual([]);
    const known = ['le', 'instance', 'job', ...names.flatMap((name) => find(name)!.labelNames)];
    expect(labels.filter((label) => !known.includes(label))).toEqual([]);
    for (const name of names) if (find(name)!.type === 'histogram') expect(name).toMatch(/_(bucket|sum|count)$/);
  });

  it('never add up what every process tells alike', () => {
    const shared = ours.getMetricsAsArray().filter(({ help }) => /same from every process/.test(help));
    for (const [, expr] of queries)
      for (const { name } of shared) expect(expr).not.toMatch(new RegExp(`sum( by \\([^)]*\\))? ?\\(${name}\\b`));
  });

  it('show every metric of ours', () => {
    const shown = new Set(
      panels.flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => used(expr).names.map((name) => find(name)?.name))),
    );
    const hidden = [...metrics.keys()].filter((name) => name.startsWith('postback_') && !shown.has(name));
    expect(hidden).toEqual([]);
  });

  it('label their lines with what the query keeps', () => {
    for (const { title, targets = [] } of panels)
      for (const { expr, legendFormat } of targets)
        for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
          expect([title, expr]).toEqual([title, expect.stringMatching(label === 'instance' ? /./ : `\\b${label}\\b`)]);
  });

  it('link to paragraphs of docs/running.md that there are', () => {
    const links = rules.flatMap(({ annotations }) => (annotations.runbook ? [annotations.runbook] : []));
    expect(links.length).toBeGreaterThan(5);
    for (const link of links) expect(read('docs/running.md')).toContain(`\n### \`${link.replace('docs/running.md#', '')}\`\n`);
    for (const { annotations } of rules)
      expect(Boolean(annotations.runbook ?? annotations.description) && Boolean(annotations.summary)).toBe(true);
  });

  it('are each tried by promtool: none is without a test that it fires', () => {
    const tried = read('test/metrics/rules.promtool.yml');
    expect(rules.filter(({ alert }) => !new RegExp(`alertname(="|: )${alert}\\b`).test(tried)).map(({ alert }) => alert)).toEqual([]);
  });

  it('pass promtool', () => {
    if (spawnSync('promtool', ['--version']).error)
      return console.warn('promtool (Debian package prometheus) is not installed: rules not checked by it.');
    const check = (...args: string[]) => execFileSync('promtool', args, { encoding: 'utf8', cwd: packageRoot('deploy/prometheus') });
    expect(check('test', 'rules', packageRoot('test/metrics/rules.promtool.yml'))).toContain('SUCCESS');
    expect(check('check', 'rules', 'rules.yml')).toContain(`SUCCESS: ${rules.length} rules found`);
    expect(check('check', 'config', '--syntax-only', 'prometheus.yml')).toContain('SUCCESS');
    expect(existsSync(packageRoot('deploy/prometheus/rules.yml'))).toBe(true);
  });
});

describe('the metrics of docs/events.md', () => {
  it('are those of the code, with their types and labels', () => {
    const rows = [...readDoc('docs/events.md').matchAll(/^\| `(postback_\w+)` ?\| (\w+) \|([^|]*)\|/gm)];
    const listed = rows.map(([, name, type, labels]) => [name!, type!, [...labels!.matchAll(/`(\w+)`/g)].map((match) => match[1]!)]);
    const real = [...metrics.values()]
      .filter(({ name }) => name.startsWith('postback_'))
      .map(({ name, type, labelNames }) => [name, type, labelNames]);
    expect(listed.sort()).toEqual(real.sort());
  });
});
