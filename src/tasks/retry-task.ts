import type { Database } from '../platform/database/database.js';
import type { Tx } from '../platform/database/sql.js';
import { adHocKey } from '../webhooks/endpoints/ad-hoc-key.js';
import { findAdHocEndpoints } from '../webhooks/endpoints/find-ad-hoc-endpoints.js';
import { claimIdempotencyKeys, type KeyedSubmission } from './claim-idempotency-keys.js';
import { isTerminal, type TaskStage } from './states.js';
import type { Submitted } from './submit-tasks.js';

/** A task that is to be done again, under an id made before. */
export interface Retry extends KeyedSubmission {
  retriedFrom: string;
}

export type Retried = Submitted | { kind: 'unknown' | 'erased' | 'not_finished' };

/**
 * A new task with the input, metadata, time-out and webhooks of one that has ended, linked to it; nothing of the old one changes. One
 * commit, with the Idempotency-Key, as at a submit; it waits in its tenant's line like any other.
 *
 * @param also what is to stand in the same commit as the new task; `stage` is how the old one ended
 */
export async function retryTask(
  database: Database,
  retry: Retry,
  also?: (tx: Tx, old: { stage: TaskStage }) => Promise<void>,
): Promise<Retried> {
  return database.transaction(async (tx) => {
    // the key before anything else: a repeated retry gets its first answer, whatever became of the task since
    const answered = (await claimIdempotencyKeys(tx, [retry])).get(retry);
    if (answered !== undefined) return answered;
    const old = await look(tx, retry);
    const refusal = whyNot(old);
    if (old === undefined || refusal !== null) {
      await giveKeyBack(tx, retry);
      return { kind: refusal ?? 'unknown' };
    }
    await insertCopy(tx, retry, await endpointsOf(tx, retry.tenant, old));
    await also?.(tx, old);
    return { kind: 'created', taskId: retry.taskId, response: retry.response };
  });
}

interface OldTask {
  stage: TaskStage;
  erased: boolean;
  webhook_url: string | null;
  webhook_endpoint_ids: string[];
}

/** Shared with an erasure that comes at the same moment: one of the two waits. */
async function look(tx: Tx, { retriedFrom, tenant }: Retry): Promise<OldTask | undefined> {
  const { rows } = await tx.query<OldTask>(
    `SELECT status AS stage, erased_at IS NOT NULL AS erased, webhook_url, webhook_endpoint_ids
       FROM postback.tasks WHERE id = $1 AND tenant = $2 FOR SHARE`,
    [retriedFrom, tenant],
  );
  return rows[0];
}

function whyNot(old: OldTask | undefined): 'unknown' | 'erased' | 'not_finished' | null {
  if (old === undefined) return 'unknown';
  if (old.erased) return 'erased';
  return isTerminal(old.stage) ? null : 'not_finished';
}

/** The ad-hoc endpoint may have been collected since; then it is made anew. */
async function endpointsOf(tx: Tx, tenant: string, { webhook_url, webhook_endpoint_ids }: OldTask): Promise<string[]> {
  if (webhook_url === null) return webhook_endpoint_ids;
  const adHoc = await findAdHocEndpoints(tx, [{ tenant, ...adHocKey(new URL(webhook_url)) }]);
  return [...adHoc, ...webhook_endpoint_ids.slice(1)];
}

async function insertCopy(tx: Tx, { taskId, retriedFrom }: Retry, endpointIds: readonly string[]): Promise<void> {
  await tx.query(
    `INSERT INTO postback.tasks (id, tenant, type, input, metadata, timeout_ms, expires_at, retried_from,
                                 webhook_endpoint_ids, webhook_url, webhook_secret_id, webhook_events, traceparent)
     SELECT $1, tenant, type, input, metadata, timeout_ms, now() + (expires_at - created_at), id,
            $3, webhook_url, webhook_secret_id, webhook_events, traceparent
       FROM postback.tasks WHERE id = $2`,
    [taskId, retriedFrom, endpointIds],
  );
}

async function giveKeyBack(tx: Tx, { tenant, taskId, idempotency }: Retry): Promise<void> {
  if (idempotency === null) return;
  await tx.query('DELETE FROM postback.idempotency_keys WHERE tenant = $1 AND key = $2 AND task_id = $3', [
    tenant,
    idempotency.key,
    taskId,
  ]);
}
