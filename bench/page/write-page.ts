import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { SummaryOfAll } from '../support/all.js';
import { benchmarksPage, headlines } from './page.js';

const FIGURES = /(<!-- figures -->\n)[\s\S]*?(<!-- \/figures -->)/;

/** Writes the page and its charts into `docs` below the root, and the headlines into the README. Returns what was written. */
export function writePage(root: string, all: SummaryOfAll): string[] {
  const files = Object.entries(benchmarksPage(all)).map(([path, text]) => [join('docs', path), text] as const);
  const charts = join(root, 'docs/benchmarks');
  mkdirSync(charts, { recursive: true });
  for (const old of readdirSync(charts).filter((name) => name.endsWith('.svg'))) rmSync(join(charts, old));
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  if (!FIGURES.test(readme)) throw new Error('README.md has no block <!-- figures --> for the headlines.');
  const written = [
    ...files,
    ['README.md', readme.replace(FIGURES, (_, begin, end) => `${begin}\n${headlines(all).join('\n')}\n\n${end}`)] as const,
  ];
  for (const [path, text] of written) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return written.map(([path]) => path);
}

/** What `bench all --json` printed: the last line of the file, or all of it. */
export function readResults(file: string): SummaryOfAll {
  const text = readFileSync(file, 'utf8').trim();
  const last = text.startsWith('{\n') ? text : text.slice(text.lastIndexOf('\n') + 1);
  try {
    const all = JSON.parse(last) as SummaryOfAll;
    if (all.scenario === 'all' && Array.isArray(all.results)) return all;
  } catch {} // told below
  throw new Error(`${file} does not end with what \`npm run --silent bench -- all --json\` prints.`);
}
