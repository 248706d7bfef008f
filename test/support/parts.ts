import { randomUUID } from 'node:crypto';
import { Registry } from 'prom-client';
import { type ClaimedRun, claimRuns } from '../../src/execution/claim-run.js';
import { type EndTaskParts, endTasks } from '../../src/execution/end-task.js';
import { type FreeHands, type Released, type RunLimits, releaseTasks } from '../../src/execution/release-tasks.js';
import { TaskMetrics } from '../../src/execution/task-metrics.js';
import { Clock } from '../../src/platform/clock.js';
import { createDataSource } from '../../src/platform/database/data-source.js';
import { Database } from '../../src/platform/database/database.js';
import { newId } from '../../src/platform/ids.js';
import { WakeUps } from '../../src/platform/lifecycle/wake-ups.js';
import { createLogger, type Logger } from '../../src/platform/logging/logger.js';
import { Activity } from '../../src/platform/metrics/activity.js';
import { Queue } from '../../src/platform/queue/queue.js';
import { masterKeys } from '../../src/platform/secrets/envelope.js';
import { Keyring } from '../../src/platform/secrets/keyring.js';
import { Tracer } from '../../src/platform/tracing/tracer.js';
import { type Submission, submitTasks } from '../../src/tasks/submit-tasks.js';
import { adHocKey } from '../../src/webhooks/endpoints/ad-hoc-key.js';
import type { TestDatabase } from './postgres.js';
import { MASTER_KEY, sql } from './service.js';

/** What a process works with, without any of its loops: a test moves every row itself. */
export interface Parts extends EndTaskParts {
  keyring: Keyring;
  clock: Clock;
  logger: Logger;
  tracer: Tracer;
  close(): Promise<void>;
}

/** A process of its own as far as Postgres can tell: own connections, own queue. */
export async function openParts(at: TestDatabase, maxAttempts = 11): Promise<Parts> {
  const dataSource = createDataSource({ url: at.url, poolSize: 6, applicationName: 'test parts' });
  await dataSource.initialize();
  const database = new Database(dataSource);
  const queue = new Queue({ url: at.url, supervise: false, onError: () => {} });
  await queue.start(['echo']);
  const keyring = await Keyring.load(database, masterKeys(Buffer.from(MASTER_KEY, 'base64')));
  const close = async () => {
    await queue.stop();
    await database.close();
  };
  const resultUrl = (taskId: string) => `http://postback.test/tasks/${taskId}/result`;
  return {
    database,
    queue,
    wakeUps: new WakeUps(),
    clock: new Clock(),
    logger: createLogger('silent'),
    tracer: new Tracer(),
    keyring,
    metrics: new TaskMetrics(new Registry(), new Activity(database), ['echo']),
    outbox: { maxAttempts, payloadMaxBytes: 262_144, resultUrl },
    close,
  };
}

/** A submit that is valid in every respect; with a webhook to `url`. */
export function submission(more: Partial<Submission> & { url?: string } = {}): Submission {
  const { url = 'http://127.0.0.1:9/hook', ...rest } = more;
  const taskId = newId();
  return {
    type: 'echo',
    input: {},
    metadata: null,
    timeoutMs: 60_000,
    expiresInMs: null,
    webhook: { url, endpoint: adHocKey(new URL(url)), secret: 'a secret for tests' },
    endpointIds: [],
    webhookEvents: null,
    taskId,
    tenant: 'default',
    traceparent: null,
    idempotency: null,
    response: JSON.stringify({ task_id: taskId }),
    ...rest,
  };
}

/** The id of a task that is queued. */
export async function queuedTask(parts: Parts, more: Parameters<typeof submission>[0] = {}): Promise<string> {
  const submitted = submission(more);
  await submitTasks(parts.database, parts, [submitted]);
  return submitted.taskId;
}

/** Takes tasks out of their lines and gives them jobs that nobody fetches, as when a worker dies in between. */
export function releaseWithJobs({ database, queue }: Parts, limits: RunLimits, free: FreeHands): Promise<Released & { count: number }> {
  return database.transaction(async (tx) => {
    const released = await releaseTasks(tx, limits, free);
    for (const [type, tasks] of Map.groupBy(released.tasks, (task) => task.type)) {
      const jobs = tasks.map(({ id, jobId }) => ({ id: jobId, taskId: id }));
      await queue.send(tx, type, jobs);
    }
    return { ...released, count: released.tasks.length };
  });
}

/** Takes a queued task for a worker of that id, by whatever job it has; null when there is nothing to take. */
export async function claimTask({ database }: Parts, taskId: string, workerId = newId()): Promise<ClaimedRun | null> {
  const { rows } = await database.query<{ job_id: string | null }>('SELECT job_id FROM postback.tasks WHERE id = $1', [taskId]);
  const [run] = await claimRuns(database, [{ taskId, jobId: rows[0]!.job_id, runToken: newId() }], workerId);
  return run ?? null;
}

/** The id of an outbox row that is due; its task ended as canceled, its endpoint is its own unless a URL is given. */
export async function dueRow(parts: Parts, at: TestDatabase, url = `http://127.0.0.1:9/${randomUUID()}`): Promise<string> {
  const taskId = await queuedTask(parts, { url });
  const error = { code: 'canceled', message: 'The task was canceled.' };
  await endTasks(parts, [{ taskId, runToken: null, stage: 'canceled', result: null, error, charged: false, job: null }]);
  const [row] = await sql<{ id: string }>(at, 'SELECT id FROM postback.webhook_outbox WHERE task_id = $1', [taskId]);
  return row!.id;
}
