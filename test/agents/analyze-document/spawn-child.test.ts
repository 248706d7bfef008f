import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { spawnChild } from '../../../src/agents/analyze-document/child/spawn-child.js';
import { defaultLimits } from '../../../src/agents/analyze-document/limits.js';
import { eventually } from '../../support/eventually.js';

describe('the process that reads documents', () => {
  afterEach(() => {
    delete process.env.POSTBACK_MASTER_KEY;
  });

  it('gets nothing of our environment, so no secret can leak through a document', async () => {
    if (process.platform !== 'linux') return; // there is no /proc to look into
    process.env.POSTBACK_MASTER_KEY = 'a secret';
    const child = spawnChild({ limits: defaultLimits, playbookBytes: 0 });
    try {
      // empty for an instant while one program makes room for the next
      const environment = await eventually(async () => {
        const entries = (await readFile(`/proc/${child.pid}/environ`, 'utf8')).split('\0').filter(Boolean);
        return entries.length > 0 ? entries : null;
      }, 'the environment of the child');
      expect(environment).toEqual(['PATH=/usr/bin:/bin']);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'close');
    }
  });

  it('says nothing on its standard output but messages, one per line', async () => {
    const child = spawnChild({ limits: defaultLimits, playbookBytes: 0 });
    child.stdin.end('1. License. Licensor hereby grants to Licensee a license to use the software.');
    const lines = (await child.stdout.toArray()).join('').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).kind)).toEqual(['stage', 'stage', 'done']);
  });
});
