import { describe, expect, it } from '@jest/globals';
import { fingerprint } from '../../src/platform/secrets/fingerprint.js';
import type { Keyring } from '../../src/platform/secrets/keyring.js';
import { readResultToken, resultUrl } from '../../src/tasks/result-link.js';

const TASK = '01a20969-702f-7046-bb0a-084f60d5d1eb';
const keyring = (byte: number) =>
  ({ fingerprint: (purpose: string, ...parts: string[]) => fingerprint(Buffer.alloc(32, byte), purpose, ...parts) }) as Keyring;

const token = resultUrl(keyring(1), 'http://postback.test/', TASK, new Date(1_900_000_000_999)).split('token=')[1]!;

describe('the link to a result', () => {
  it('is made of the public address, the task and a token that says when it ends', () => {
    expect(token).toMatch(/^1900000000\.[\w-]{43}$/);
    expect(readResultToken(keyring(1), TASK, token)).toBe(1_900_000_000);
    expect(readResultToken(keyring(1), TASK.toUpperCase(), token)).toBe(1_900_000_000);
  });

  it('opens nothing under another key or for another task', () => {
    expect(readResultToken(keyring(2), TASK, token)).toBeNull();
    expect(readResultToken(keyring(1), TASK.replace('eb', 'ec'), token)).toBeNull();
  });

  it('opens nothing with any single character changed', () => {
    for (let at = 0; at < token.length; at += 1) {
      for (const char of ['0', '1', 'A', 'B', '_', '.', ' ', '\u00b2']) {
        const changed = token.slice(0, at) + char + token.slice(at + 1);
        if (changed !== token) expect(readResultToken(keyring(1), TASK, changed)).toBeNull();
      }
    }
  });
});
