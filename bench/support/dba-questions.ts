import { readFileSync } from 'node:fs';
import { packageRoot } from '../../src/platform/package-root.js';

/** The questions of docs/dba.md, as a DBA asks them. */
export function dbaQuestions(): string[] {
  const section = readFileSync(packageRoot('docs/dba.md'), 'utf8').split('\n## Questions\n')[1]!.split('\n## ')[0]!;
  const block = /```sql\n([\s\S]*?)```/.exec(section)![1]!;
  return block
    .split('\n')
    .map((line) => line.replace(/;?\s*(--.*)?$/, '').trim())
    .filter((line) => line !== '');
}
