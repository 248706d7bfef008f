import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { reachable } from '../../../../src/platform/database/embedded/place.js';
import { canEnter, serverUser } from '../../../../src/platform/database/embedded/server-user.js';

describe('the programs of the embedded Postgres', () => {
  const dir = mkdtempSync(join(tmpdir(), 'programs-'));
  const made = [dir];

  afterAll(() => {
    for (const path of made) rmSync(path, { recursive: true, force: true });
  });

  function makePrograms(mode: number): string {
    const root = join(dir, `mode-${mode}`);
    mkdirSync(join(root, 'bin'), { recursive: true });
    writeFileSync(join(root, 'bin/postgres'), '', { mode: 0o755 });
    chmodSync(root, mode);
    return root;
  }

  it('stay where they are when the user can run them', () => {
    chmodSync(dir, 0o755);
    const root = makePrograms(0o755);
    expect(reachable({ root, version: 'test' }, serverUser(join(dir, 'none')))).toBe(root);
  });

  it('are copied to where the user can run them when a directory above is closed, as under the home of root', () => {
    const root = makePrograms(0o700);
    const user = serverUser(join(dir, 'none'));
    const version = `test-${process.pid}`;
    const found = reachable({ root, version }, user);
    if (found !== root) made.push(found);
    expect(found).toBe(process.getuid?.() === 0 ? `/var/lib/postback/server-${version}-${process.arch}` : root);
    expect(canEnter(user, join(found, 'bin/postgres'))).toBe(true);
    expect(existsSync(join(root, 'bin/postgres'))).toBe(true);
  });
});
