import { readFileSync } from 'node:fs';
import { packageRoot } from '../../src/platform/package-root.js';

/** A page of this repository, its tables without the padding that the formatter gives them. */
export function readDoc(path: string): string {
  return readFileSync(packageRoot(path), 'utf8').replace(/^\|.*\|$/gm, (row) =>
    row.replace(/ {2,}/g, ' ').replace(/\| ?:?-+:? ?(?=\|)/g, '|---'),
  );
}
