import { describe, expect, it } from '@jest/globals';
import { ALERT_KINDS } from '../../src/alerts/kinds.js';
import { runbookLink } from '../../src/alerts/runbook.js';
import { alertBody } from '../../src/alerts/sinks/webhook.js';
import { allSettings } from '../../src/config/settings.js';
import { readDoc } from './read-doc.js';

const page = readDoc('docs/running.md');
const headings = [...page.matchAll(/^### `(\w+)`$/gm)].map((match) => match[1]!);

describe('docs/running.md', () => {
  it('has a paragraph for every alert, and none for what is no alert', () => {
    expect(headings.sort()).toEqual([...ALERT_KINDS, 'test'].sort());
    for (const kind of ALERT_KINDS) expect(page.split(`\n### \`${kind}\`\n`)[1]!.split('\n### ')[0]!.trim().length).toBeGreaterThan(150);
  });

  it('is where alerts link to', () => {
    expect(runbookLink(null, 'queue_age')).toBe('docs/running.md#queue_age');
    expect(runbookLink('https://wiki.example/running', 'queue_age')).toBe('https://wiki.example/running#queue_age');
  });

  it('names each threshold in the paragraph of its alert', () => {
    for (const { name, about } of allSettings) {
      const [, kind] = /^Alert `(\w+)`/.exec(about) ?? [];
      if (kind !== undefined)
        expect([name, page.split(`\n### \`${kind}\`\n`)[1]?.split('\n### ')[0]]).toEqual([name, expect.stringContaining(name)]);
    }
  });

  it('speaks of settings that there are', () => {
    const known = allSettings.map(({ name }) => name);
    expect([...page.matchAll(/`(POSTBACK_[A-Z_]+)`/g)].map((match) => match[1]!).filter((name) => !known.includes(name))).toEqual([]);
  });

  it('sends its reader to calls that there are, and that work for the endpoints and tasks of every tenant', () => {
    const { paths } = JSON.parse(readDoc('docs/openapi.json')) as { paths: Record<string, object> };
    const calls = [...page.matchAll(/`(GET|POST|PATCH|DELETE) (\/[^`?]*)[^`]*`/g)].map(([, verb, path]) => [
      verb!,
      path!.replace(/<\w+>/g, '{id}'),
    ]);
    expect(calls.length).toBeGreaterThan(8);
    expect(calls.filter(([verb, path]) => !(verb!.toLowerCase() in (paths[path!] ?? {})))).toEqual([]);
    expect(calls.filter(([, path]) => !/^\/(admin|health)\//.test(path!))).toEqual([]);
  });

  it('shows a webhook as it is sent', () => {
    const shown = JSON.parse(/```json\n([\s\S]*?)```/.exec(page)![1]!);
    const { data } = shown;
    const sent = alertBody({
      id: 'n',
      event: 'raised',
      alertId: data.alert_id,
      kind: data.kind,
      severity: data.severity,
      title: data.title,
      detail: data.detail,
      runbook: data.runbook,
      raisedAt: new Date(data.raised_at),
      acknowledgedAt: null,
      acknowledgedBy: null,
      resolvedAt: null,
    });
    expect(sent).toEqual(shown);
  });
});
