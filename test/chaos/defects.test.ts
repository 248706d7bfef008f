import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { changesOf, DEFECTS, plantInto } from '../../chaos/inside/defects.js';
import { packageRoot } from '../../src/platform/package-root.js';

/** That the checker finds them is `npm run test:chaos`; this is quick, and says at once when the code has moved away from one. */
describe('a planted defect', () => {
  it.each(DEFECTS)('has its place in the code as it is today: %s', (defect) => {
    const changes = changesOf(defect);
    for (const file of new Set(changes.map((change) => change.file))) {
      const source = readFileSync(packageRoot(`dist/src/${file}`), 'utf8');
      const planted = plantInto(`file:///dist/src/${file}`, source, changes);
      expect(planted).not.toBe(source);
    }
    expect(changes.length).toBeGreaterThan(0);
  });
});
