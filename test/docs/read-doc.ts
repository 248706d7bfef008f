import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/platform/package-root.js';

/** A page of this repository, its tables without the padding that the formatter gives them. */
export function readDoc(path: string): string {
  return withoutPadding(readFileSync(packageRoot(path), 'utf8'));
}

export function withoutPadding(page: string): string {
  return page.replace(/^\|.*\|$/gm, (row) => row.replace(/ {2,}/g, ' ').replace(/\| ?-+ ?(?=\|)/g, '|---'));
}

/** The fenced block under `<!-- marker -->` of a page. */
export function block(path: string, marker: string): string {
  const text = readDoc(path)
    .split(`<!-- ${marker} -->\n`)[1]
    ?.match(/^```\w+\n([\s\S]*?\n)```$/m)?.[1];
  if (text === undefined) throw new Error(`${path} has no block "${marker}".`);
  return text;
}

/** Every page of this repository. */
export const pages: string[] = ['.', 'docs', 'examples'].flatMap((folder) =>
  readdirSync(packageRoot(folder), { recursive: folder !== '.', encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => join(folder, path)),
);

/** The sources of the service, by path within `src`. */
export const sourceFiles = readdirSync(packageRoot('src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => ({ path, text: readFileSync(join(packageRoot('src'), path), 'utf8') }));
