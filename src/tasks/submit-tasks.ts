import type { Database } from '../platform/database/database.js';
import type { Tx } from '../platform/database/sql.js';
import type { FieldProblem } from '../platform/http/problem.js';
import { failPoint } from '../platform/lifecycle/fail-point.js';
import type { Keyring } from '../platform/secrets/keyring.js';
import { findAdHocEndpoints } from '../webhooks/endpoints/find-ad-hoc-endpoints.js';
import { storeSecrets } from '../webhooks/endpoints/store-secrets.js';
import { claimIdempotencyKeys, type IdempotencyClaim } from './claim-idempotency-keys.js';
import type { Submit } from './read-submit.js';
import { refuseBadEndpoints } from './refuse-bad-endpoints.js';

/** A submit with everything decided before its transaction begins, so that it can be repeated after an unknown COMMIT. */
export interface Submission extends Submit {
  taskId: string;
  tenant: string;
  traceparent: string | null;
  idempotency: IdempotencyClaim | null;
  /** Body of the 202. */
  response: string;
}

/** What became of one submission, in the order given. */
export type Submitted =
  | { kind: 'created'; taskId: string; response: string }
  /** The key was used before, for the same request: the first answer again. */
  | { kind: 'replayed'; taskId: string; response: string }
  /** The key was used before, for another request. */
  | { kind: 'mismatch' }
  /** It names an endpoint that it may not name; nothing of it is stored. */
  | { kind: 'refused'; errors: FieldProblem[] };

/** Idempotency records and tasks, each in its tenant's line, of a group of submits in one commit: a 202 is sent for nothing less. */
export async function submitTasks(
  database: Database,
  { keyring }: { keyring: Keyring },
  submissions: readonly Submission[],
): Promise<Submitted[]> {
  const submitted = await database.transaction(async (tx) => {
    const answered = await claimIdempotencyKeys(tx, submissions);
    await refuseBadEndpoints(tx, submissions, answered);
    const fresh = submissions.filter((submission) => !answered.has(submission));
    if (fresh.length > 0) {
      await insertTasks(tx, keyring, fresh);
    }
    failPoint('submit.before-commit');
    return submissions.map((submission) => answered.get(submission) ?? created(submission));
  });
  failPoint('submit.after-commit');
  return submitted;
}

const created = ({ taskId, response }: Submission): Submitted => ({ kind: 'created', taskId, response });

async function insertTasks(tx: Tx, keyring: Keyring, submissions: readonly Submission[]): Promise<void> {
  const withWebhook = submissions.flatMap(({ tenant, webhook }) => (webhook ? [{ tenant, ...webhook }] : []));
  const endpointIds = await findAdHocEndpoints(
    tx,
    withWebhook.map(({ tenant, endpoint }) => ({ tenant, ...endpoint })),
  );
  const secretIds = await storeSecrets(tx, keyring, withWebhook);
  let next = 0;
  const rows = submissions.map((submission) => {
    const place = submission.webhook ? next++ : -1;
    return {
      id: submission.taskId,
      tenant: submission.tenant,
      type: submission.type,
      input: submission.input,
      metadata: submission.metadata,
      timeout_ms: submission.timeoutMs,
      expires_in_ms: submission.expiresInMs,
      // the ad-hoc one first: `end-task.ts` tells it from the registered ones by its place
      webhook_endpoint_ids: [...(place < 0 ? [] : [endpointIds[place]]), ...submission.endpointIds],
      webhook_url: submission.webhook?.url ?? null,
      webhook_secret_id: secretIds[place] ?? null,
      webhook_events: submission.webhookEvents,
      traceparent: submission.traceparent,
    };
  });
  // json_to_recordset keeps `input` and `metadata` as the text they were sent as; arrays of arrays are beyond unnest
  await tx.query(
    `INSERT INTO postback.tasks (id, tenant, type, input, metadata, timeout_ms, expires_at,
                                 webhook_endpoint_ids, webhook_url, webhook_secret_id, webhook_events, traceparent)
     SELECT id, tenant, type, input, metadata, timeout_ms, now() + expires_in_ms * interval '1 ms',
            webhook_endpoint_ids, webhook_url, webhook_secret_id, webhook_events, traceparent
       FROM json_to_recordset($1::json) AS n (id uuid, tenant text, type text, input json, metadata json, timeout_ms integer,
            expires_in_ms bigint, webhook_endpoint_ids uuid[], webhook_url text, webhook_secret_id uuid, webhook_events text[], traceparent text)`,
    [JSON.stringify(rows)],
  );
}
