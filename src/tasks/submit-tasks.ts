import type { Database } from '../platform/database/database.js';
import { isDatabaseTrouble } from '../platform/database/database-trouble.js';
import type { PipelinedTx, Tx } from '../platform/database/sql.js';
import type { FieldProblem } from '../platform/http/problem.js';
import { failPoint } from '../platform/lifecycle/fail-point.js';
import type { Keyring } from '../platform/secrets/keyring.js';
import { findAdHocEndpoints, type KnownEndpoints, lookUpAdHocEndpoints } from '../webhooks/endpoints/find-ad-hoc-endpoints.js';
import { type KnownSecrets, lookUpSecrets, storeSecrets } from '../webhooks/endpoints/store-secrets.js';
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

/** The COMMIT was sent and its answer never came. The same group may be submitted again: what is stored already stays as it is. */
export class OutcomeUnknown extends Error {
  constructor(cause: unknown) {
    super('Whether the submits were committed is not known.', { cause });
    this.name = 'OutcomeUnknown';
  }
}

/** Idempotency records and tasks, each in its tenant's line, of a group of submits in one commit: a 202 is sent for nothing less. */
export async function submitTasks(
  database: Database,
  { keyring }: { keyring: Keyring },
  submissions: readonly Submission[],
): Promise<Submitted[]> {
  let committing = false;
  const submitted = await database
    .pipelined(async (tx) => {
      // issued together: each round trip waits behind the requests that have come in meanwhile
      const [answered, known] = await Promise.all([claimIdempotencyKeys(tx, submissions), lookUpTargets(tx, keyring, submissions)]);
      await refuseBadEndpoints(tx, submissions, answered);
      const fresh = submissions.filter((submission) => !answered.has(submission));
      const targets = await findTargets(tx, keyring, fresh, known);
      failPoint('submit.before-commit');
      committing = true;
      if (fresh.length > 0) await insertTasks(tx, fresh, targets);
      return submissions.map((submission) => answered.get(submission) ?? created(submission));
    })
    .catch((error) => {
      throw committing && isDatabaseTrouble(error) ? new OutcomeUnknown(error) : error;
    });
  failPoint('submit.after-commit');
  return submitted;
}

export const created = ({ taskId, response }: Pick<Submission, 'taskId' | 'response'>): Submitted => ({
  kind: 'created',
  taskId,
  response,
});

interface Known {
  endpoints: KnownEndpoints;
  secrets: KnownSecrets;
}

const endpointOf = ({ tenant, webhook }: Submission) => (webhook ? [{ tenant, ...webhook.endpoint }] : []);
const secretOf = ({ tenant, webhook }: Submission) => (webhook ? [{ tenant, secret: webhook.secret }] : []);

/** What need not be made. */
async function lookUpTargets(tx: Tx, keyring: Keyring, submissions: readonly Submission[]): Promise<Known> {
  const [endpoints, secrets] = await Promise.all([
    lookUpAdHocEndpoints(tx, submissions.flatMap(endpointOf)),
    lookUpSecrets(tx, keyring, submissions.flatMap(secretOf)),
  ]);
  return { endpoints, secrets };
}

/** Where the webhook of one submission goes and what signs it; nothing without a `webhook_url`. */
type AdHocTarget = { endpointId: string; secretId: string } | null;

/** In the order given. Only for submissions that make a task: what is refused leaves no endpoint and no secret behind. */
async function findTargets(tx: Tx, keyring: Keyring, submissions: readonly Submission[], known: Known): Promise<AdHocTarget[]> {
  const endpointIds = await findAdHocEndpoints(tx, submissions.flatMap(endpointOf), known.endpoints);
  const secretIds = await storeSecrets(tx, keyring, submissions.flatMap(secretOf), known.secrets);
  let next = 0;
  return submissions.map(({ webhook }) => {
    if (webhook === null) return null;
    const place = next++;
    return { endpointId: endpointIds[place]!, secretId: secretIds[place]! };
  });
}

async function insertTasks(tx: PipelinedTx, submissions: readonly Submission[], targets: readonly AdHocTarget[]): Promise<void> {
  const rows = submissions.map((submission, i) => ({
    id: submission.taskId,
    tenant: submission.tenant,
    type: submission.type,
    input: submission.input,
    metadata: submission.metadata,
    timeout_ms: submission.timeoutMs,
    expires_in_ms: submission.expiresInMs,
    // the ad-hoc one first: `end-task.ts` tells it from the registered ones by its place
    webhook_endpoint_ids: [...(targets[i] ? [targets[i].endpointId] : []), ...submission.endpointIds],
    webhook_url: submission.webhook?.url ?? null,
    webhook_secret_id: targets[i]?.secretId ?? null,
    webhook_events: submission.webhookEvents,
    traceparent: submission.traceparent,
  }));
  // json_to_recordset keeps `input` and `metadata` as the text they were sent as; arrays of arrays are beyond unnest
  await tx.last(
    {
      name: 'tasks.insert',
      text: `INSERT INTO postback.tasks (id, tenant, type, input, metadata, timeout_ms, expires_at,
                                 webhook_endpoint_ids, webhook_url, webhook_secret_id, webhook_events, traceparent)
     SELECT id, tenant, type, input, metadata, timeout_ms, now() + expires_in_ms * interval '1 ms',
            webhook_endpoint_ids, webhook_url, webhook_secret_id, webhook_events, traceparent
       FROM json_to_recordset($1::json) AS n (id uuid, tenant text, type text, input json, metadata json, timeout_ms integer,
            expires_in_ms bigint, webhook_endpoint_ids uuid[], webhook_url text, webhook_secret_id uuid, webhook_events text[], traceparent text)
     -- the group may have been committed before, by a COMMIT whose answer was lost
     ON CONFLICT (id) DO NOTHING`,
    },
    [JSON.stringify(rows)],
  );
}
