import { createHash } from 'node:crypto';
import { type JobAttempt, type JobInsert, PgBoss } from 'pg-boss';
import type { Sql, Tx } from '../database/sql.js';

/** Enough to settle one fetch of a job and no later one. A job is fetched once, as it never retries by itself. */
export type JobRef = JobAttempt;

export const jobRef = (id: string): JobRef => ({ id, retryCount: 0 });

export type FetchedJob = JobRef & { data: { task_id: string } };

export interface JobToSend {
  /** A fresh one: finished jobs count as well, and under an id that was used nothing is queued. */
  id: string;
  taskId: string;
}

const DAY_SECONDS = 86_400;

export interface QueueSettings {
  url: string;
  /** Whether this process keeps pg-boss' tables tidy. */
  supervise: boolean;
  /** For one statement, in ms; a network that swallows it must not keep a worker waiting for ever. */
  queryTimeoutMs?: number;
  onError(error: Error): void;
}

/** As for the pool beside it, where the server ends a statement first. */
const QUERY_TIMEOUT_MS = 20_000;

/**
 * pg-boss as a bell that rings for workers. `tasks` decides what runs, when and how often; so a job never retries by itself
 * (`retryLimit: 0`), outlives any run, and is kept far longer than a task may wait.
 */
export class Queue {
  private readonly boss: PgBoss;
  private taskTypes: readonly string[] = [];

  constructor(settings: QueueSettings) {
    // pg-boss hands all of it to its pool, and bounds no statement by itself
    const pool = { query_timeout: settings.queryTimeoutMs ?? QUERY_TIMEOUT_MS, keepAlive: true };
    this.boss = new PgBoss({
      ...pool,
      connectionString: settings.url,
      application_name: 'postback queue',
      max: 4,
      options: '-c synchronous_commit=off', // of its own statements, such as fetch: a job that is fetched and forgotten is found by the reconciler
      migrate: false, // done under our own migration lock
      supervise: settings.supervise,
      schedule: false,
      registerInstance: false,
      monitorIntervalSeconds: 300,
      superviseIntervalSeconds: 300, // nothing it does is urgent here: jobs live for a day, and `tasks` decides
      flowIntervalSeconds: DAY_SECONDS, // no job of ours waits for another one; at the default of 5 s that is most of what an idle queue asks
    });
    this.boss.on('error', settings.onError);
  }

  async start(taskTypes: readonly string[]): Promise<void> {
    this.taskTypes = taskTypes;
    await this.boss.start();
    await this.makeQueues();
  }

  /** Makes what is missing, as when somebody has emptied pg-boss' tables; a queue that is there stays as it is. */
  async makeQueues(): Promise<void> {
    for (const type of this.taskTypes) await this.boss.createQueue(queueName(type), queueOptions);
  }

  /** Queues jobs in the caller's transaction: rolled back with it, visible to workers at its commit. */
  async send(tx: Tx, taskType: string, jobs: readonly JobToSend[]): Promise<void> {
    await this.boss.insert(
      queueName(taskType),
      jobs.map((job): JobInsert => ({ id: job.id, data: { task_id: job.taskId } })),
      { db: { executeSql: (text, values) => tx.query({ name: statementName(text), text }, values) } },
    );
  }

  /** Takes at most `limit` jobs of one type; each belongs to this process until it is completed. */
  async fetch(taskType: string, limit: number, tx?: Tx): Promise<FetchedJob[]> {
    const jobs = await this.boss.fetch<{ task_id: string }>(queueName(taskType), {
      batchSize: limit,
      includeMetadata: true,
      ...(tx && { db: inTransaction(tx) }),
    });
    return jobs.map(({ id, retryCount, data }) => ({ id, retryCount, data }));
  }

  /**
   * Queues jobs and takes as many, in the caller's transaction: `issued` when both statements are on their way, one behind the other; rejected
   * when one of them cannot even be made, which leaves the transaction intact. Nobody else ever sees these jobs wait. Should older ones wait already, they are fetched in the stead of these.
   */
  sendAndFetch(tx: Tx, taskType: string, jobs: readonly JobToSend[]): { issued: Promise<void>; fetched: Promise<FetchedJob[]> } {
    const sending = issuing(tx, (sql) => this.send(sql, taskType, jobs));
    const fetching = issuing(tx, async (sql) => {
      await sending.issued;
      return this.fetch(taskType, jobs.length, sql);
    });
    const fetched = Promise.all([fetching.answer, sending.answer]).then(([taken]) => taken);
    fetched.catch(() => {}); // heard by whoever takes it, a moment later
    return { issued: fetching.issued, fetched };
  }

  /** Settles jobs in the caller's transaction. One that is gone already, or its whole queue, is no error: `tasks` is the truth. */
  async complete(tx: Sql, taskType: string, jobs: readonly JobRef[]): Promise<void> {
    const attempts = jobs.map(({ id, retryCount }) => ({ id, retryCount }));
    await this.boss.complete(queueName(taskType), attempts, null, { db: inTransaction(tx) }).catch((error) => {
      if (error.code !== UNKNOWN_QUEUE) throw error; // found out before any statement, so the transaction is intact
    });
  }

  /** Forgets this process' claim on running jobs without failing them: the tasks put back what was cut short. */
  async stop(): Promise<void> {
    await this.boss.stop({ graceful: false });
  }
}

const queueOptions = {
  retryLimit: 0,
  expireInSeconds: DAY_SECONDS - 1, // the longest pg-boss allows; a run's own time-out ends it long before
  retentionSeconds: 365 * DAY_SECONDS,
  deleteAfterSeconds: 3_600,
};

/** pg-boss' code for a queue that has no row. */
const UNKNOWN_QUEUE = 'PGBOSS_QUEUE_NOT_FOUND';

const queueName = (taskType: string) => `agent.${taskType}`;

/** `issued` resolves once a statement is on its way, or was not needed, and rejects when there can be none. */
function issuing<T>(tx: Tx, work: (tx: Tx) => Promise<T>): { issued: Promise<void>; answer: Promise<T> } {
  const { promise: issued, resolve, reject } = Promise.withResolvers<void>();
  const query: Tx['query'] = (statement, values) => {
    const answer = tx.query(statement, values);
    resolve();
    return answer as never;
  };
  const answer = work({ ...tx, query });
  answer.then(() => resolve(), reject);
  return { issued, answer };
}

/**
 * Of a statement of pg-boss that is worth planning once: the same for each job of a queue, long, and with one plan that is always right.
 * Its others have none: planned beside an empty table, a fetch would walk through all jobs of the queue for as long as its connection lives.
 */
const statementName = (text: string) => `queue.${createHash('sha256').update(text).digest('base64url')}`;

const inTransaction = (tx: Sql) => ({ executeSql: (text: string, values?: unknown[]) => tx.query(text, values) });
