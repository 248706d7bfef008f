import { describe, expect, it } from '@jest/globals';
import { evaluate } from '../../src/alerts/evaluate.js';
import { ALERT_KINDS } from '../../src/alerts/kinds.js';
import type { Snapshot, Thresholds } from '../../src/alerts/snapshot.js';

const quiet: Snapshot = {
  attempts: { total: 0, failed: 0, failingEndpoints: 0 },
  dead: { rows: 0, endpoints: 0 },
  retrying: { rows: 0, endpoints: 0, most: 0, url: null },
  uncharged: { rows: 0, endpoints: 0, most: 0, url: null, error: null },
  oldestDue: null,
  oldestQueued: null,
  held: [],
  blocked: [],
  missingRoles: [],
};

const thresholds: Thresholds = {
  failureRate: 0.5,
  failureRateMinAttempts: 50,
  deadLetters: 100,
  retryAttempts: 6,
  retryRows: 10,
  unchargedAttempts: 8,
  dueAgeMs: 300_000,
  heldAgeMs: 3_600_000,
  queueAgeMs: 600_000,
  roleMissingMs: 60_000,
};

const url = 'https://user:password@client.example/private-path?token=private-query';
const endpoint = { endpointId: 'e1', tenant: 'default', url };
const blocked = { ...endpoint, state: 'active', reason: null, breaker: 'closed', failures: 0 };

/** Just below, and just at, what each rule alerts at. */
const edges: [string, Partial<Snapshot>, Partial<Snapshot>][] = [
  [
    'failure_rate',
    { attempts: { total: 100, failed: 49, failingEndpoints: 1 } },
    { attempts: { total: 100, failed: 50, failingEndpoints: 1 } },
  ],
  [
    'failure_rate',
    { attempts: { total: 49, failed: 49, failingEndpoints: 1 } },
    { attempts: { total: 50, failed: 50, failingEndpoints: 1 } },
  ],
  ['dead_letters', { dead: { rows: 99, endpoints: 3 } }, { dead: { rows: 100, endpoints: 3 } }],
  ['many_retries', { retrying: { rows: 9, endpoints: 1, most: 7, url } }, { retrying: { rows: 10, endpoints: 1, most: 7, url } }],
  ['failing_uncharged', {}, { uncharged: { rows: 1, endpoints: 1, most: 9, url, error: 'The name server answered with an error.' } }],
  [
    'oldest_due',
    { oldestDue: { ageMs: 299_999, outboxId: 'o1', ...endpoint } },
    { oldestDue: { ageMs: 300_000, outboxId: 'o1', ...endpoint } },
  ],
  ['oldest_held', { held: [{ ageMs: 3_599_999, ...endpoint }] }, { held: [{ ageMs: 3_600_000, ...endpoint }] }],
  [
    'queue_age',
    { oldestQueued: { ageMs: 599_999, taskId: 't1', type: 'echo' } },
    { oldestQueued: { ageMs: 600_000, taskId: 't1', type: 'echo' } },
  ],
  [
    'role_without_process',
    { missingRoles: [{ role: 'worker', missingMs: 59_999 }] },
    { missingRoles: [{ role: 'worker', missingMs: 60_000 }] },
  ],
  ['endpoint_disabled', { blocked: [{ ...blocked, state: 'paused' }] }, { blocked: [{ ...blocked, state: 'disabled' }] }],
  ['breaker_open', { blocked: [blocked] }, { blocked: [{ ...blocked, breaker: 'half_open' }] }],
];

describe('the rules', () => {
  it('say nothing when all is well', () => {
    expect(evaluate(quiet, thresholds)).toEqual([]);
  });

  it.each(edges)('alert by %s at its threshold and not before', (kind, below, at) => {
    expect(evaluate({ ...quiet, ...below }, thresholds)).toEqual([]);
    expect(evaluate({ ...quiet, ...at }, thresholds)).toMatchObject([{ kind }]);
  });

  it('are all tried here, but for the one that is raised where a row dies', () => {
    expect([...new Set(edges.map(([kind]) => kind)), 'dead_letter'].sort()).toEqual([...ALERT_KINDS].sort());
  });

  it('name a subject each, so that two of them are two alerts', () => {
    const held = ['e1', 'e2'].map((endpointId) => ({ ...endpoint, ageMs: 4e6, endpointId }));
    const missingRoles = ['api', 'worker'].map((role) => ({ role, missingMs: 1e6 }));
    const keys = evaluate({ ...quiet, held, missingRoles }, thresholds).map(({ dedupKey }) => dedupKey);
    expect(keys).toEqual(['oldest_held:e1', 'oldest_held:e2', 'role_without_process:api', 'role_without_process:worker']);
  });

  it('show of a URL its host alone', () => {
    const everything = Object.assign({}, quiet, ...edges.map(([, , at]) => at));
    const text = JSON.stringify(evaluate(everything, thresholds));
    expect(text).toContain('client.example');
    expect(text).not.toMatch(/private|password/);
  });
});
