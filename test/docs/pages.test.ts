import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ALERT_STATES } from '../../src/alerts/read-alerts.js';
import { configTable } from '../../src/config/config-table.js';
import { settings } from '../../src/config/settings.js';
import { packageRoot } from '../../src/platform/package-root.js';
import { TASK_MOVES, TASK_STAGES } from '../../src/tasks/states.js';
import { BREAKER_STATES, ENDPOINT_MOVES, ENDPOINT_STATES } from '../../src/webhooks/endpoints/states.js';
import { BATCH_STATES } from '../../src/webhooks/outbox/batch-states.js';
import { OUTBOX_MOVES, OUTBOX_STATUSES } from '../../src/webhooks/outbox/states.js';
import { block, pages, readDoc, sourceFiles, withoutPadding } from './read-doc.js';

describe('every page', () => {
  it('is found by this test, and can be found by a reader', () => {
    expect(pages).toEqual(expect.arrayContaining(['README.md', 'CONTRIBUTING.md', 'docs/contract.md', 'examples/receivers/README.md']));
    const linked = new Set(pages.flatMap((page) => links(page).map(({ file }) => file)));
    expect(pages.filter((page) => page !== 'README.md' && !linked.has(page))).toEqual([]);
  });

  it.each(pages)('%s links only to files and headings that exist', (page) => {
    const lost = links(page).filter(({ file, anchor }) => {
      if (!existsSync(packageRoot(file))) return true;
      return anchor !== '' && file.endsWith('.md') && !anchors(readDoc(file)).includes(anchor);
    });
    expect(lost.map(({ target }) => target)).toEqual([]);
  });

  it.each(pages)('%s names only npm scripts that exist', (page) => {
    const { scripts } = JSON.parse(readFileSync(packageRoot('package.json'), 'utf8'));
    const named = [...readDoc(page).matchAll(/\bnpm run (?:--silent )?([a-z][\w:-]*)/g)].map(([, name]) => name!);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

describe('README.md', () => {
  it('is short enough to be read', () => {
    expect(readFileSync(packageRoot('README.md')).length).toBeLessThan(16_000);
  });

  it('names every script that is for people', () => {
    const { scripts } = JSON.parse(readFileSync(packageRoot('package.json'), 'utf8'));
    const own = ['build', 'format', 'example:contract', 'train', 'eval', 'eval:child']; // in the pages of what they are for
    const forPeople = Object.keys(scripts).filter((name) => !own.includes(name) && !(name.startsWith('pre') && name.slice(3) in scripts));
    const page = readDoc('README.md');
    expect(forPeople.filter((name) => !page.includes(`npm run ${name}`) && !page.includes(`npm ${name}`))).toEqual([]);
  });
});

describe('the index of decisions', () => {
  it('lists every page', () => {
    const listed = [...readDoc('docs/decisions/README.md').matchAll(/^\| \[[^\]]+\]\(([^)]+)\)/gm)].map((match) => match[1]!);
    const written = readdirSync(packageRoot('docs/decisions')).filter((name) => name !== 'README.md');
    expect(listed.sort()).toEqual(written.sort());
  });
});

describe('docs/settings.md', () => {
  const page = readDoc('docs/settings.md');

  it('has the settings of the code', () => {
    expect(page.split('<!-- config -->')[1]!.split('<!-- /config -->')[0]!.trim()).toBe(withoutPadding(configTable()));
  });

  it('names those as without effect that nothing reads', () => {
    const told = /^Read and checked, but without effect yet: ([\s\S]*?)\./m.exec(page)?.[1] ?? '';
    const named = [...told.matchAll(/`(\w+)`/g)].map((match) => match[1]!);
    const rules = ['config/load-config.ts', 'config/check-config.ts'];
    const code = sourceFiles.filter(({ path }) => !path.startsWith('config/') || rules.includes(path)).map(({ text }) => text);
    const unread = Object.values(settings).flatMap((group) =>
      'parse' in group
        ? []
        : Object.entries(group).flatMap(([key, { name }]) => (code.some((text) => new RegExp(`\\b${key}\\b`).test(text)) ? [] : [name])),
    );
    expect(named.sort()).toEqual(unread.sort());
  });
});

type Moves = Record<string, Partial<Record<string, string | readonly string[]>>>;

describe('docs/states.md', () => {
  it.each<[string, readonly string[], Moves | null]>([
    ['task', TASK_STAGES, TASK_MOVES],
    ['outbox', OUTBOX_STATUSES, OUTBOX_MOVES],
    ['endpoint', ENDPOINT_STATES, ENDPOINT_MOVES],
    ['breaker', BREAKER_STATES, null],
    ['batch', BATCH_STATES, null],
    ['alert', ALERT_STATES, null],
  ])('draws the life of the %s in the words of the code', (name, states, moves) => {
    const drawn = [...block('docs/states.md', `moves: ${name}`).matchAll(/^ +(\S+) --> (\w+)(?:: (.*))?$/gm)];
    expect(new Set(drawn.flatMap(([, from, to]) => [from!, to!]))).toEqual(new Set(['[*]', ...states]));
    expect(drawn.filter(([, from]) => from === '[*]').map(([, , to]) => to)).toEqual([states[0]]);
    if (moves === null) return;
    const allowed = Object.entries(moves).flatMap(([from, targets]) =>
      Object.entries(targets).map(([to, movers]) => `${from} > ${to}: ${[movers].flat().join(', ')}`),
    );
    const shown = drawn.filter(([, from]) => from !== '[*]').map(([, from, to, movers]) => `${from} > ${to}: ${movers}`);
    expect(shown.sort()).toEqual(allowed.sort());
  });
});

/** Those within the repository. */
function links(page: string): { target: string; file: string; anchor: string }[] {
  const text = readDoc(page).replace(/^```[\s\S]*?^```$/gm, '');
  return [...text.matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)].map(([, target]) => {
    const [path = '', anchor = ''] = target!.split('#');
    return { target: target!, file: path === '' ? page : join(dirname(page), path), anchor };
  });
}

/** As GitHub makes them from headings; a repeated one is counted. */
function anchors(page: string): string[] {
  const seen = new Map<string, number>();
  return [...page.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/^#+ (.*)$/gm)].map(([, heading]) => {
    const anchor = heading!
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-');
    const times = seen.get(anchor) ?? 0;
    seen.set(anchor, times + 1);
    return times === 0 ? anchor : `${anchor}-${times}`;
  });
}
