import { type JobAttempt, type JobInsert, PgBoss } from 'pg-boss';
import type { Sql, Tx } from '../database/sql.js';

/** A job as fetched: enough to settle this fetch of it and no later one. */
export type FetchedJob = JobAttempt & { data: { task_id: string } };

export interface JobToSend {
  /** The task's id for the first job of a task: sending it twice queues it once. Later jobs need a fresh id. */
  id: string;
  taskId: string;
  startAfterMs?: number;
}

const DAY_SECONDS = 86_400;

export interface QueueSettings {
  url: string;
  /** Whether this process keeps pg-boss' tables tidy. */
  supervise: boolean;
  onError(error: Error): void;
}

/**
 * pg-boss as a bell that rings for workers. `tasks` decides what runs, when and how often; so a job never retries by itself
 * (`retryLimit: 0`), outlives any run, and is kept far longer than a task may wait.
 */
export class Queue {
  private readonly boss: PgBoss;

  constructor(settings: QueueSettings) {
    this.boss = new PgBoss({
      connectionString: settings.url,
      application_name: 'postback queue',
      max: 4,
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
    await this.boss.start();
    for (const type of taskTypes) await this.boss.createQueue(queueName(type), queueOptions);
  }

  /** Queues jobs in the caller's transaction: rolled back with it, visible to workers at its commit. */
  async send(tx: Tx, taskType: string, jobs: readonly JobToSend[]): Promise<void> {
    await this.boss.insert(
      queueName(taskType),
      jobs.map((job): JobInsert => ({ id: job.id, data: { task_id: job.taskId }, startAfter: startAfter(job.startAfterMs) })),
      { db: inTransaction(tx) },
    );
  }

  /** Takes at most `limit` jobs of one type; each belongs to this process until it is completed. */
  async fetch(taskType: string, limit: number): Promise<FetchedJob[]> {
    const jobs = await this.boss.fetch<{ task_id: string }>(queueName(taskType), { batchSize: limit, includeMetadata: true });
    return jobs.map(({ id, retryCount, data }) => ({ id, retryCount, data }));
  }

  /** Settles a job in the caller's transaction. A job that is gone already is no error: `tasks` is the truth. */
  async complete(tx: Sql, taskType: string, job: FetchedJob): Promise<void> {
    await this.boss.complete(queueName(taskType), { id: job.id, retryCount: job.retryCount }, null, { db: inTransaction(tx) });
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

const queueName = (taskType: string) => `agent.${taskType}`;

const inTransaction = (tx: Sql) => ({ executeSql: (text: string, values?: unknown[]) => tx.query(text, values) });

/** pg-boss counts whole seconds from the database's own clock; rounding up, a job is never early. */
const startAfter = (ms: number | undefined) => (ms ? Math.ceil(ms / 1000) : undefined);
