import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { packageRoot } from '../../src/platform/package-root.js';
import { readDoc } from './read-doc.js';

const page = readDoc('docs/security.md');

/** `` `file`: part of a name · another part · `next file`: `` of the last column of a row. */
const rows = [...page.matchAll(/^\| (.+) \|$/gm)]
  .map((match) => match[1]!.split(' | '))
  .filter((cells) => cells.at(-1)!.startsWith('`test/'));

const named = rows.flatMap((cells) =>
  [...cells.at(-1)!.matchAll(/`(test\/[^`]+)`:([^`]*)/g)].map(([, file, names]) => ({
    file: file!,
    names: names!
      .split('·')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  })),
);

describe('docs/security.md', () => {
  it('has a row with a test for each of the ten risks of OWASP', () => {
    expect(rows.map(([risk]) => /^API\d+/.exec(risk!)?.[0]).filter((risk) => risk !== undefined)).toEqual(
      Array.from({ length: 10 }, (_, index) => `API${index + 1}`),
    );
  });

  it.each(named)('names tests that exist: $file', ({ file, names }) => {
    expect(existsSync(packageRoot(file))).toBe(true);
    const text = readFileSync(packageRoot(file), 'utf8');
    expect(text).toMatch(/\bit(\.each)?\(/);
    expect(names.filter((name) => !text.includes(name))).toEqual([]);
  });
});
