import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { Parser } from 'htmlparser2';
import { drawBars } from '../../bench/page/bars.js';
import { chartOf, growth, overview } from '../../bench/page/charts.js';
import { benchmarksPage, headlines } from '../../bench/page/page.js';
import { readResults, writePage } from '../../bench/page/write-page.js';
import { type SummaryOfAll, summarize } from '../../bench/support/all.js';
import { compare, type Summary } from '../../bench/support/report.js';
import { packageRoot } from '../../src/platform/package-root.js';

const pairs = (ours: number[], baseline: number[]) => ours.map((value, i) => ({ ours: value, baseline: baseline[i]! }));
const lines = ['What was done.', '', '| round | ours |', '|---|---|', '| 1 | 4242 |'];
const history = (rows: number, buffers: number) => ({
  ...compare('history', 'shared buffers per claim', pairs([buffers, buffers], [1000, 1000]), { atMost: 1.3 }),
  details: { deliveredRows: rows },
  lines,
});
const deliver = { ...compare('deliver', 'rows/s', pairs([600, 500, 700], [1000, 1000, 1000]), { atLeast: 0.5 }), lines };
const p50 = compare('roundtrip', 'ms', pairs([8, 6, 7], [3, 3, 3]), { atMost: 4 });
const p99 = compare('roundtrip', 'ms', pairs([40, 50, 45], [9, 9, 9]), { atMost: 10 });
const roundtrip = {
  ...p50,
  unit: 'ms (p50 from submit to webhook; p99 in details)',
  bar: 'p50 <= 4, p99 <= 10',
  details: { p50, p99 },
  lines,
};
const fairness = {
  ...compare('fairness', 'ms (p99 from due to received)', pairs([12, 11], [10, 10]), { atMost: 1.5 }),
  bar: '<= 1.5 or +10 ms',
  details: {
    p99Ms: [
      { alone: 10, blackHole: 12, slow: 11 },
      { alone: 10, blackHole: 14, slow: 11 },
    ],
  },
  lines,
};
const plans: Summary & { lines: string[] } = { ...deliver, scenario: 'plans', bar: '<= 0', lines: [...lines, '### claim', 'a long plan'] };
const circumstances = { quick: false, system: { memory: '8 GB', Postgres: '18.4' }, growth: [history(20_000, 1010)] };
const all = summarize(
  [deliver, roundtrip, history(2_000_000, 1020), plans, fairness, { scenario: 'work', error: 'No hands.\nat' }],
  circumstances,
);
const files = benchmarksPage(all);
const page = files['benchmarks.md']!;

describe('the page of the benchmarks', () => {
  it('says on what, when and against what, with medians and spread', () => {
    expect(page).toContain('| memory | 8 GB |\n| Postgres | 18.4 |');
    expect(page).toContain(`| date | ${all.finishedAt.slice(0, 10)} |`);
    expect(page).toContain('| [deliver](#deliver) | 600 rows/s | 1000 | 0.6 | 0.5 to 0.7 | >= 0.5 | met |');
    expect(page).toContain('| [roundtrip](#roundtrip) | 7 ms (p50 from submit to webhook) | 3 |');
    expect(page).toContain('| history | 20,000 | 1010 shared buffers per claim | 1000 | 1.01 | 1.01 to 1.01 |');
  });

  it('has a section for every scenario, with what it printed, and says so when one could not be measured', () => {
    for (const { scenario } of all.results) expect(page).toContain(`\n## ${scenario}\n`);
    expect(page).toContain('| 1 | 4242 |');
    expect(page).toContain('| [work](#work) | not measured | | | | | |');
    expect(page).toContain('It could not be measured: No hands.\n');
    expect(page).not.toContain('a long plan');
    expect(page).toContain('The rest is printed by `npm run bench -- plans`.');
  });

  it('says when a bar is missed', () => {
    const missed = { ...compare('deliver', 'rows/s', pairs([400], [1000]), { atLeast: 0.5 }), lines };
    expect(benchmarksPage(summarize([missed], circumstances))['benchmarks.md']).toContain('| >= 0.5 | **missed** |');
    expect(headlines(summarize([missed], circumstances))[0]).toBe(
      '- **deliver**: 400 rows/s against 1000: × 0.4 (0.4 to 0.4; bar >= 0.5: **missed**)',
    );
  });

  it('leaves out of the README nothing that was compared, also when there is no bar', () => {
    const work = { ...compare('work', 'tasks/s', pairs([600], [1000]), {}), lines };
    expect(headlines(summarize([work], circumstances))[0]).toBe('- **work**: 600 tasks/s against 1000: × 0.6 (0.6 to 0.6; reported)');
  });

  it('shows each chart that there is, and no other', () => {
    const shown = [...page.matchAll(/\]\((benchmarks\/[\w-]+\.svg)\)/g)].map(([, path]) => path!);
    expect(new Set(shown)).toEqual(new Set(Object.keys(files).filter((path) => path.endsWith('.svg'))));
    expect(shown).toEqual(expect.arrayContaining(['overview', 'deliver', 'growth-history'].map((name) => `benchmarks/${name}.svg`)));
  });

  it('is not made of a smoke test', () => {
    expect(() => benchmarksPage({ ...all, quick: true })).toThrow('figures mean nothing');
  });
});

describe('the charts', () => {
  it('put what they draw in figures, on light and on dark pages, in well-formed XML', () => {
    const open: string[] = [];
    const svg = drawBars({ ...chartOf(deliver)!, title: '<a & "b">' });
    const parser = new Parser(
      { onopentagname: (name) => open.push(name), onclosetag: (name) => expect(open.pop()).toBe(name) },
      { xmlMode: true },
    );
    parser.write(svg); // `end` would close what is left open
    expect(open).toEqual([]);
    expect(svg).toContain('&lt;a &amp; &quot;b&quot;&gt;');
    expect(svg).toContain('prefers-color-scheme: dark');
    expect([...svg.matchAll(/>(\d+)<\/text>/g)].map(([, value]) => value)).toEqual(['600', '1000']);
  });

  it('draw in proportion', () => {
    const widths = [...drawBars(chartOf(deliver)!).matchAll(/<rect [^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width));
    expect(widths[0]! / widths[1]!).toBeCloseTo(0.6, 2);
  });

  it('measure the distance from the bar in the same direction, and leave out what has none', () => {
    expect(overview([deliver, roundtrip, history(1, 1000), plans, fairness])!.bars).toEqual([
      { name: 'deliver', value: 1.2, spread: [1, 1.4] },
      { name: 'roundtrip, p50', value: 1.72, spread: [1.5, 2] },
      { name: 'roundtrip, p99', value: 2, spread: [1.8, 2.25] },
      { name: 'history', value: 1.3, spread: [1.3, 1.3] },
    ]);
  });

  it('show how cost grows, from small to large', () => {
    const [chart] = growth([history(2_000_000, 1020), history(20_000, 1010)]);
    expect(chart!.bars.map(({ name, value }) => [name, value])).toEqual([
      ['none', 1000],
      ['20,000', 1010],
      ['2,000,000', 1020],
    ]);
  });

  it('show the neighbours of fairness', () => {
    expect(chartOf(fairness)!.bars.map(({ name, value }) => [name, value])).toEqual([
      ['alone', 10],
      ['beside a black hole', 13],
      ['beside slow endpoints', 11],
    ]);
  });
});

describe('what bench all writes', () => {
  const root = mkdtempSync(join(tmpdir(), 'postback-page-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('is the page, its charts, the results, and the headlines of the README; older charts go', () => {
    writeFileSync(join(root, 'README.md'), 'Before.\n\n<!-- figures -->\n\nNone yet.\n\n<!-- /figures -->\n\nAfter.\n');
    mkdirSync(join(root, 'docs/benchmarks'), { recursive: true });
    writeFileSync(join(root, 'docs/benchmarks/old.svg'), '');
    const saved = join(root, 'saved.json');
    writeFileSync(saved, `{"scenario":"deliver"}\n${JSON.stringify(all)}\n`);
    const written = writePage(root, readResults(saved));
    for (const [path, text] of Object.entries(files)) expect(readFileSync(join(root, 'docs', path), 'utf8')).toBe(text);
    expect(readdirSync(join(root, 'docs/benchmarks'))).not.toContain('old.svg');
    expect(readFileSync(join(root, 'README.md'), 'utf8')).toMatch(
      /^Before\.\n\n<!-- figures -->\n\n- \*\*deliver\*\*: 600 rows\/s against 1000: × 0\.6 \(0\.5 to 0\.7; bar >= 0\.5: met\)\n[\s\S]*\n<!-- \/figures -->\n\nAfter\.\n$/,
    );
    expect(written).toContain('README.md');
    expect(readResults(join(root, 'docs/benchmarks/results.json'))).toEqual(all);
  });
});

const kept = packageRoot('docs/benchmarks/results.json');

// the first ones are measured and written on a quiet machine
(existsSync(kept) ? describe : describe.skip)('docs/benchmarks.md', () => {
  it('and its charts and the headlines of the README are what the kept results make', () => {
    const results: SummaryOfAll = readResults(kept);
    for (const [path, text] of Object.entries(benchmarksPage(results)))
      expect([path, readFileSync(packageRoot('docs', path), 'utf8')]).toEqual([path, text]);
    expect(readFileSync(packageRoot('README.md'), 'utf8')).toContain(
      `<!-- figures -->\n\n${headlines(results).join('\n')}\n\n<!-- /figures -->`,
    );
  });
});
