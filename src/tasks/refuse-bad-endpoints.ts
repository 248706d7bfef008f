import type { Tx } from '../platform/database/sql.js';
import { checkNamedEndpoints } from '../webhooks/endpoints/check-named-endpoints.js';
import type { Submission, Submitted } from './submit-tasks.js';

/**
 * Adds an answer for each submission that names an endpoint it may not name. After the idempotency keys, because a repeated
 * submit gets its first answer whatever has become of its endpoints since; a key that was just taken is given back.
 */
export async function refuseBadEndpoints(tx: Tx, submissions: readonly Submission[], answered: Map<Submission, Submitted>): Promise<void> {
  const naming = submissions.filter((submission) => submission.endpointIds.length > 0 && !answered.has(submission));
  if (naming.length === 0) return;
  const named = naming.flatMap(({ tenant, endpointIds }) => endpointIds.map((id) => ({ tenant, id })));
  const whyNot = await checkNamedEndpoints(tx, named);
  const refusals = new Map<string, Submitted>();
  for (const submission of naming) {
    const errors = submission.endpointIds.flatMap((id) => {
      const detail = whyNot({ tenant: submission.tenant, id });
      return detail === null ? [] : [{ field: 'webhook_endpoint_id', detail }];
    });
    if (errors.length > 0) refusals.set(submission.taskId, { kind: 'refused', errors });
  }
  if (refusals.size === 0) return;
  await giveKeysBack(tx, naming, refusals);
  for (const submission of submissions) {
    const answer = answered.get(submission);
    // one that was to get the answer of a refused one of its own group is refused with it
    const refusal = refusals.get(answer?.kind === 'replayed' ? answer.taskId : submission.taskId);
    if (refusal !== undefined) answered.set(submission, refusal);
  }
}

async function giveKeysBack(tx: Tx, naming: readonly Submission[], refusals: ReadonlyMap<string, Submitted>): Promise<void> {
  const keyed = naming.filter(({ taskId, idempotency }) => refusals.has(taskId) && idempotency !== null);
  if (keyed.length === 0) return;
  await tx.query(
    'DELETE FROM postback.idempotency_keys k USING unnest($1::text[], $2::text[]) AS n (tenant, key) WHERE k.tenant = n.tenant AND k.key = n.key',
    [keyed.map(({ tenant }) => tenant), keyed.map(({ idempotency }) => idempotency!.key)],
  );
}
