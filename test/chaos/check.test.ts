import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { check, countRepeats } from '../../chaos/check/check.js';
import type { Evidence, Violation } from '../../chaos/check/evidence.js';
import type { Received } from '../../chaos/ledger.js';
import { packageRoot } from '../../src/platform/package-root.js';

const TASK = '01a20969-0000-7000-8000-000000000001';
const EVENT = '01a20969-0000-7000-8000-000000000002';
const ROW = '01a20969-0000-7000-8000-000000000003';
const ELSEWHERE = '01a20969-0000-7000-8000-000000000009';
const SECRET = 'a secret of the client';
const AT = 1_795_000_000_000;
const ENDED = '2026-11-18 12:00:00.123456+00';

const payload = { hello: 'world' };
const ANSWER = JSON.stringify({ task_id: TASK, status: 'processing' });
const BODY = JSON.stringify({ type: 'task.completed', task_id: TASK, status: 'completed', result: payload, metadata: { n: 1 } });

/** One request of the webhook as it should be. */
function request(attempt: number, at: number): Received {
  const timestamp = String(Math.floor(at / 1_000));
  const standard = createHmac('sha256', SECRET).update(`${EVENT}.${timestamp}.${BODY}`).digest('base64');
  return {
    at,
    receiver: 'good',
    path: '/ad-hoc?n=1',
    headers: {
      'webhook-id': EVENT,
      'webhook-delivery-id': ROW,
      'webhook-attempt': String(attempt),
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${standard}`,
      'x-webhook-signature': createHmac('sha256', SECRET).update(BODY).digest('hex'),
    },
    body: Buffer.from(BODY),
    answer: 200,
    answeredAt: at + 1,
  };
}

/** One attempt as it is written down when all is well. */
function attempt(number: number) {
  return {
    outbox_id: ROW,
    attempt: number,
    trigger: 'schedule',
    outcome: 'delivered',
    charged: false,
    status_code: 200 as number | null,
    error_code: null,
    error: null,
    response_excerpt: null as string | null,
    claimed_by: null,
    started: ENDED,
    started_ms: AT,
    duration_ms: 1,
  };
}

const event = (seq: number, type: string, data: object = {}) => ({
  id: seq === 2 ? EVENT : `event ${seq}`,
  task_id: TASK,
  seq,
  type,
  data,
  created: ENDED,
  xmin: '7',
});

/** A run in which one task was asked for, ran and was delivered, and in which every promise was kept. */
function evidence() {
  return {
    ledger: {
      told: [
        {
          at: AT,
          answeredAt: AT,
          n: 1,
          what: 'submit' as Evidence['ledger']['told'][number]['what'],
          status: 202,
          text: ANSWER,
          endpoint: null,
        },
      ],
      received: [request(1, AT)],
      happened: [],
    },
    asked: new Map([
      [1, { n: 1, keyed: true, input: { payload }, adHoc: 'good', secret: SECRET, endpoints: [], events: null, expiresInSeconds: null }],
    ]),
    keyOf: (n: number) => `key ${n}`,
    endpoints: new Map(),
    database: {
      tasks: [
        {
          ...{ id: TASK, type: 'echo', status: 'completed', result: JSON.stringify(payload), error: null, metadata: { n: 1 } },
          ...{ runs: 1, interruptions: 0, last_seq: 2, run_token: null, created: ENDED, started: ENDED, finished: ENDED },
          webhook_url: 'http://receiver.test/ad-hoc?n=1',
        },
      ],
      events: [event(1, 'task.started', { run: 1 }), event(2, 'task.completed')],
      steps: [] as Evidence['database']['steps'],
      bodies: [{ id: EVENT, task_id: TASK, type: 'task.completed', body: BODY, thin_body: null, xmin: '7' }],
      outbox: [
        {
          ...{
            id: ROW,
            event_id: EVENT,
            endpoint_id: 'ad hoc',
            task_id: TASK,
            url: 'http://receiver.test/ad-hoc?n=1',
            status: 'delivered',
          },
          ...{ attempts: 1, attempts_charged: 0, max_attempts: 7, dead_reason: null as string | null, lease_token: null, last_error: null },
          ...{ created: ENDED, delivered: ENDED, next_attempt: null },
        },
      ],
      attempts: [attempt(1)],
      keys: [{ key: 'key 1', task_id: TASK, response: ANSWER }],
    },
    processes: [] as Evidence['processes'],
    logs: new Map([['the log of api-1', '{"level":"info"}']]),
    secrets: new Map([['The webhook secret of submit 1', SECRET]]),
    unsettled: [] as string[],
    postgresCrashed: false,
  } satisfies Evidence;
}

type Given = ReturnType<typeof evidence>;

/** What could go wrong in one of the three ledgers, and how the checker must call it. */
const BROKEN: [string, Violation['promise'], RegExp, (given: Given) => void][] = [
  [
    'a 202 for a task that is not there',
    'G1',
    /which is not in the database/,
    ({ ledger }) => (ledger.told[0]!.text = ANSWER.replace(TASK, ELSEWHERE)),
  ],
  ['an Idempotency-Key that is forgotten', 'G1', /no record of its Idempotency-Key/, ({ database }) => (database.keys = [])],
  [
    'two answers under one key',
    'G1',
    /answered in different ways/,
    ({ ledger }) => ledger.told.push({ ...ledger.told[0]!, what: 'repeat', text: `${ANSWER} ` }),
  ],
  ['two tasks of one submit', 'G1', /made 2 tasks/, ({ database }) => database.tasks.push({ ...database.tasks[0]!, id: ELSEWHERE })],
  ['an end without its webhook', 'G2', /there is no outbox row for it/, ({ database }) => (database.outbox = [])],
  ['an end without its event', 'G2', /ended with 0 terminal events/, ({ database }) => database.events.pop()],
  [
    'a webhook of another transaction',
    'G2',
    /Outbox row .* was written at/,
    ({ database }) => (database.outbox[0]!.created = '2026-11-18 12:00:00.2+00'),
  ],
  [
    'a webhook about a task that has not ended',
    'G2',
    /has not ended, and is told of/,
    ({ database }) => (database.tasks[0]!.status = 'running'),
  ],
  ['a result that nobody asked for', 'G2', /not what was asked for/, ({ database }) => (database.tasks[0]!.result = '1')],
  ['a webhook that waits for ever', 'G3', /has not come to rest/, ({ database }) => (database.outbox[0]!.status = 'pending')],
  [
    'a webhook that is dead for no listed reason',
    'G3',
    /dead for no listed reason/,
    ({ database }) => (database.outbox[0]!.status = 'dead'),
  ],
  ['a delivery that no receiver knows of', 'G3', /no receiver has accepted it/, ({ ledger }) => (ledger.received = [])],
  [
    'a request that the database does not know of',
    'G3',
    /which is not in the database/,
    ({ ledger }) => (ledger.received[0]!.headers['webhook-delivery-id'] = ELSEWHERE),
  ],
  ['work that is never done', 'G3', /Nothing moves/, ({ unsettled }) => unsettled.push('Nothing moves any more.')],
  ['a repeat without a reason', 'G4', /Attempt 2 was sent although attempt 1 had been accepted/, again],
  ['one attempt sent twice', 'G4', /Attempt 1 was sent twice/, ({ ledger }) => ledger.received.push(request(1, AT + 1_000))],
  ['another webhook-id', 'G4', /and its event is/, ({ ledger }) => (ledger.received[0]!.headers['webhook-id'] = ELSEWHERE)],
  [
    'an attempt that is called not sent, and was',
    'G4',
    /counts as not sent/,
    ({ database }) => (database.attempts[0]!.outcome = 'released'),
  ],
  ['an attempt that is not written down', 'G5', /written down are none/, ({ database }) => (database.attempts = [])],
  ['an answer that was not given', 'G5', /the receiver answered 200/, ({ database }) => (database.attempts[0]!.status_code = 500)],
  [
    'a run beside another one',
    'G5',
    /starts a run while another one is running/,
    ({ database }) => database.events.splice(1, 0, event(1.5, 'task.started', { run: 1 })),
  ],
  ['a story that goes on after its end', 'G5', /and the story goes on/, ({ database }) => database.events.push(event(3, 'task.progress'))],
  [
    'a step of nobody',
    'G5',
    /and no event tells of it/,
    ({ database }) => database.steps.push({ task_id: TASK, name: 's', result: { run: 1, interruptions: 0 }, created: ENDED }),
  ],
  ['a crash that is charged to a run', 'G6', /2 runs are charged/, ({ database }) => (database.tasks[0]!.runs = 2)],
  ['a crash that is not counted', 'G6', /interruptions are counted/, ({ database }) => (database.tasks[0]!.interruptions = 1)],
  [
    'a success that is charged',
    'G6',
    /is charged to the receiver, and delivered/,
    ({ database }) => (database.attempts[0]!.charged = true),
  ],
  ['a charge without an attempt', 'G6', /1 attempts are charged/, ({ database }) => (database.outbox[0]!.attempts_charged = 1)],
  ['a secret in a log', 'G8', /can be read in the log of api-1/, ({ logs }) => logs.set('the log of api-1', `"${SECRET}"`)],
  [
    'a secret in an answer',
    'G8',
    /can be read in an answer of the API/,
    ({ ledger }) => ledger.told.push({ ...ledger.told[0]!, status: 503, text: SECRET }),
  ],
  [
    'a secret in an error',
    'G8',
    /can be read in an error of an attempt/,
    ({ database }) => (database.attempts[0]!.response_excerpt = SECRET),
  ],
  ['other bytes than those stored', 'G9', /bytes that are not those stored/, ({ database }) => (database.bodies[0]!.body += ' ')],
  [
    'a wrong simple signature',
    'G9',
    /x-webhook-signature does not fit/,
    ({ ledger }) => (ledger.received[0]!.headers['x-webhook-signature'] = 'aa'),
  ],
  [
    'a wrong standard signature',
    'G9',
    /webhook-signature does not fit/,
    ({ ledger }) => (ledger.received[0]!.headers['webhook-signature'] += ' v1,aa'),
  ],
  [
    'an answer that is an accident',
    'API',
    /was answered with 500/,
    ({ ledger }) => ledger.told.push({ ...ledger.told[0]!, what: 'look', status: 500 }),
  ],
  [
    'a cancel that was not done',
    'API',
    /the task is completed/,
    ({ ledger }) => ledger.told.push({ ...ledger.told[0]!, what: 'cancel', status: 200 }),
  ],
  [
    'a process that ends by itself',
    'PROCESS',
    /ended by itself/,
    ({ processes }) => processes.push({ slot: 'api-1', trouble: 'process 1 ended by itself, with 1' }),
  ],
];

/** Sent again by schedule, and accepted both times. */
function again({ ledger, database }: Given): void {
  ledger.received.push(request(2, AT + 1_000));
  database.attempts.push(attempt(2));
  database.outbox[0]!.attempts = 2;
}

describe('the checker of a chaos run', () => {
  it('finds nothing where every promise was kept', () => {
    expect(check(evidence()).violations).toEqual([]);
  });

  it.each(BROKEN)('finds %s', (_, promise, what, spoil) => {
    const given = evidence();
    spoil(given);
    const found = check(given).violations.filter((each) => each.promise === promise && what.test(each.what));
    expect(found).not.toEqual([]);
  });

  it.each(['unknown', 'outcome_unknown'])('takes a repeat after an attempt that ended %s for what it is', (outcome) => {
    const given = evidence();
    again(given);
    Object.assign(given.database.attempts[0]!, { outcome, status_code: null });
    const { violations, indexed } = check(given);
    expect(violations).toEqual([]);
    expect(countRepeats(indexed)).toEqual({ [outcome === 'unknown' ? 'lease-expired' : 'answer-lost']: 1 });
  });

  it('knows nothing of the code it checks', () => {
    const folder = packageRoot('chaos/check');
    const imports = readdirSync(folder).flatMap((file) =>
      [...readFileSync(`${folder}/${file}`, 'utf8').matchAll(/\bfrom '([^']+)'/g)].map(([, target]) => target!),
    );
    expect([...new Set(imports)].filter((target) => !target.startsWith('./')).sort()).toEqual(['../ledger.js', 'node:crypto', 'pg']);
  });
});
