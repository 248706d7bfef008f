import { MARK, MARKED, type Sql, type Tx } from '../platform/database/sql.js';
import type { Submission, Submitted } from './submit-tasks.js';

export interface IdempotencyClaim {
  key: string;
  /** Keyed HMAC of the request: tells "the same again" from "another under the same key". */
  fingerprint: Buffer;
  ttlMs: number;
}

/** What a key is claimed for: a submission, or whatever else makes a task. */
export type KeyedSubmission = Pick<Submission, 'taskId' | 'tenant' | 'idempotency' | 'response'>;
type WithKey = KeyedSubmission & { idempotency: IdempotencyClaim };

/**
 * Takes the Idempotency-Keys of a group of submits. Returns an answer for each submission that must not make a task,
 * because its key was taken before or by an earlier one of the group. Waits for a concurrent submit with the same key.
 */
export async function claimIdempotencyKeys<T extends KeyedSubmission>(tx: Tx, submissions: readonly T[]): Promise<Map<T, Submitted>> {
  const asking = submissions.filter((submission): submission is T & WithKey => submission.idempotency !== null);
  if (asking.length === 0) return new Map();
  const first = firstOfEachKey(asking);
  const won = await insertKeys(tx, first);
  const losers = asking.filter((submission) => !won.has(submission.taskId));
  if (losers.length === 0) return new Map();
  const records = await readKeys(tx, losers);
  return new Map(losers.map((loser) => [loser, answerFrom(records.get(keyOf(loser))!, loser)]));
}

/** The answer to a submit whose key is taken already; null when it is free. Takes nothing. */
export async function findAnswer(sql: Sql, submission: KeyedSubmission): Promise<Submitted | null> {
  if (submission.idempotency === null) return null;
  const asking = submission as WithKey;
  const record = (await readKeys(sql, [asking])).get(keyOf(asking));
  return record === undefined ? null : answerFrom(record, asking);
}

/** One statement cannot take a key twice: of equal keys in the group only the first asks. */
function firstOfEachKey(asking: readonly WithKey[]): WithKey[] {
  const first = new Map<string, WithKey>();
  for (const submission of asking) if (!first.has(keyOf(submission))) first.set(keyOf(submission), submission);
  // sorted: two groups that meet at the same keys wait for one another instead of deadlocking
  return [...first].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, submission]) => submission);
}

/** An expired record is taken over; a live one is left alone and its submission is not among the winners. */
async function insertKeys(tx: Tx, submissions: readonly WithKey[]): Promise<Set<string>> {
  const marking = tx.query(MARK);
  const inserting = tx.query<{ task_id: string }>(
    {
      name: 'tasks.claim-idempotency-keys',
      text: `INSERT INTO postback.idempotency_keys AS k (tenant, key, fingerprint, task_id, response, expires_at)
     SELECT tenant, key, fingerprint, task_id, response, now() + ttl_ms * interval '1 ms'
       FROM unnest($1::text[], $2::text[], $3::bytea[], $4::uuid[], $5::text[], $6::bigint[]) AS n (tenant, key, fingerprint, task_id, response, ttl_ms)
      WHERE ${MARKED} -- a key without its task would answer for nothing
     ON CONFLICT (tenant, key) DO UPDATE
        SET fingerprint = excluded.fingerprint, task_id = excluded.task_id, response = excluded.response,
            created_at = now(), expires_at = excluded.expires_at
      WHERE k.expires_at <= now()
     RETURNING task_id`,
    },
    [
      submissions.map((s) => s.tenant),
      submissions.map((s) => s.idempotency.key),
      submissions.map((s) => s.idempotency.fingerprint),
      submissions.map((s) => s.taskId),
      submissions.map((s) => s.response),
      submissions.map((s) => s.idempotency.ttlMs),
    ],
  );
  const [, { rows }] = await Promise.all([marking, inserting]);
  return new Set(rows.map((row) => row.task_id));
}

interface KeyRecord {
  tenant: string;
  key: string;
  fingerprint: Buffer;
  task_id: string;
  response: string;
}

/** A statement of its own: only a new snapshot sees what a concurrent submit has just committed. */
async function readKeys(sql: Sql, submissions: readonly WithKey[]): Promise<Map<string, KeyRecord>> {
  const { rows } = await sql.query<KeyRecord>(
    `SELECT k.tenant, k.key, k.fingerprint, k.task_id, k.response
       FROM postback.idempotency_keys k JOIN unnest($1::text[], $2::text[]) AS w (tenant, key) USING (tenant, key)
      WHERE k.expires_at > now()`,
    [submissions.map((s) => s.tenant), submissions.map((s) => s.idempotency.key)],
  );
  return new Map(rows.map((row) => [`${row.tenant}\n${row.key}`, row]));
}

function answerFrom(record: KeyRecord, submission: WithKey): Submitted {
  // its own record: the group was committed before, by a COMMIT whose answer was lost
  if (record.task_id === submission.taskId) return { kind: 'created', taskId: record.task_id, response: record.response };
  if (!record.fingerprint.equals(submission.idempotency.fingerprint)) return { kind: 'mismatch' };
  return { kind: 'replayed', taskId: record.task_id, response: record.response };
}

const keyOf = (submission: WithKey) => `${submission.tenant}\n${submission.idempotency.key}`;
