import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { LanguageModel } from '../agents/agent.js';
import { AgentRegistry } from '../agents/registry.js';
import type { Config } from '../config/config.js';
import { Clock } from '../platform/clock.js';
import { isDatabaseTrouble } from '../platform/database/database-trouble.js';
import { DocumentDownloader } from '../platform/egress/document-downloader.js';
import { OperatorClient } from '../platform/egress/operator-client.js';
import { newId } from '../platform/ids.js';
import { finishWithin } from '../platform/lifecycle/drain.js';
import { PollingLoop } from '../platform/lifecycle/polling-loop.js';
import { WakeUps } from '../platform/lifecycle/wake-ups.js';
import type { Logger } from '../platform/logging/logger.js';
import { type FetchedJob, jobRef, Queue } from '../platform/queue/queue.js';
import { CONFIG, LOGGER, PROCESS_ID } from '../platform/tokens.js';
import { Tracer } from '../platform/tracing/tracer.js';
import { type ClaimedRun, claimRuns } from './claim-run.js';
import { EndLine } from './end-line.js';
import { type EndTaskParts, endTasks } from './end-task.js';
import { languageModel } from './language-model.js';
import type { RunLimits } from './release-tasks.js';
import { runLimits } from './run-limits.js';
import { RunCanceled, RunLost, RunShutdown } from './run-stop.js';
import { runTask } from './run-task.js';
import { takeTasks } from './take-tasks.js';
import { throughOutages } from './through-outages.js';
import { END_TASK_PARTS } from './tokens.js';

/** What was claimed meanwhile and got no answer is put back by `watchRuns`. */
const CLAIM_PATIENCE_MS = 30_000;

const STRAYS_EVERY_POLLS = 5;

/** Takes tasks while it has hands free, and runs each to its end. */
@Injectable()
export class Worker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly running = new Map<string, { runToken: string; stop: AbortController; done: Promise<void> }>();
  private readonly loop: PollingLoop;
  /** There may be more to take than there were hands for. */
  private shortOfHands = false;
  private nextStraysAt = 0;
  private readonly limits: RunLimits;
  /** The tenant whose turn was last. */
  private after = '';
  private crowded = false;
  private readonly model: LanguageModel | null;
  private readonly endLine: EndLine;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(PROCESS_ID) private readonly workerId: string,
    @Inject(END_TASK_PARTS) private readonly parts: EndTaskParts,
    private readonly agents: AgentRegistry,
    private readonly clock: Clock,
    private readonly downloader: DocumentDownloader,
    operatorClient: OperatorClient,
    private readonly queue: Queue,
    private readonly wakeUps: WakeUps,
    private readonly tracer: Tracer,
  ) {
    this.limits = runLimits(config, agents);
    this.endLine = new EndLine((ends) => endTasks(parts, ends));
    this.model = languageModel(config, operatorClient);
    this.loop = new PollingLoop({
      name: 'worker',
      intervalMs: config.worker.pollIntervalMs,
      runOnce: () => this.runOnce(),
      onError: (error) => {
        logger.warn({ event: 'worker.poll_failed', err: error }, 'Could not fetch tasks; trying again');
        // somebody may have emptied pg-boss' tables, and its queues are gone
        if (!isDatabaseTrouble(error)) queue.makeQueues().catch(() => {});
      },
    });
  }

  onApplicationBootstrap(): void {
    this.wakeUps.on('task-queued', () => this.loop.wake());
    this.wakeUps.on('task-canceling', (ids) => {
      for (const id of ids) this.cancel(id);
    });
    this.loop.start();
  }

  /** Takes out of the lines, and from those jobs that wait, as much as there are hands for. */
  async runOnce(): Promise<'more' | 'idle'> {
    const hands = this.config.worker.concurrency - this.running.size;
    this.shortOfHands = hands <= 0;
    if (this.shortOfHands) return 'idle'; // the next run that ends wakes the loop
    const took = await this.takeFromLines(hands);
    const strays = took.count > 0 ? 0 : await this.takeStrays(hands);
    this.shortOfHands = took.count + strays >= hands;
    return this.shortOfHands || took.more ? 'more' : 'idle';
  }

  private async takeFromLines(hands: number): Promise<{ count: number; more: boolean }> {
    const startedAt = this.clock.monotonic();
    const parts = { ...this.parts, workerId: this.workerId, insist: <T>(write: () => Promise<T>) => this.insist(write) };
    const taken = await takeTasks(parts, this.limits, { hands, types: this.agents.types, after: this.after, crowded: this.crowded });
    this.after = taken.after;
    this.crowded = taken.tasks.length >= hands;
    if (taken.tasks.length > 0) this.parts.metrics.observeClaim(this.clock.monotonic() - startedAt);
    const jobs = taken.tasks.map(({ id, type, jobId }) => ({ type, ...jobRef(jobId), data: { task_id: id } }));
    for (const [type, ofType] of Map.groupBy(jobs, (job) => job.type)) await this.startAll(type, taken.runs, ofType);
    for (const [type, ofType] of Map.groupBy(taken.strays, (job) => job.type)) await this.begin(type, ofType);
    return { count: taken.tasks.length, more: taken.more };
  }

  /** Jobs that others left behind: hardly ever are there any, and each look is a statement for every type. */
  private async takeStrays(hands: number): Promise<number> {
    if (this.clock.monotonic() < this.nextStraysAt) return 0;
    const took = await this.takeJobs(hands);
    if (took === 0) this.nextStraysAt = this.clock.monotonic() + STRAYS_EVERY_POLLS * this.config.worker.pollIntervalMs;
    return took;
  }

  private async takeJobs(hands: number): Promise<number> {
    let took = 0;
    for (const type of this.agents.types) {
      if (took >= hands) break;
      const jobs = await this.queue.fetch(type, hands - took);
      if (jobs.length > 0) await this.begin(type, jobs);
      took += jobs.length;
    }
    return took;
  }

  /** Claims the tasks that the jobs lead to. */
  private async begin(type: string, jobs: readonly FetchedJob[]): Promise<void> {
    const claims = jobs.map((job) => ({ taskId: job.data.task_id, jobId: job.id, runToken: newId() }));
    const startedAt = this.clock.monotonic();
    const runs = await this.insist(() => claimRuns(this.parts.database, claims, this.workerId));
    this.parts.metrics.observeClaim(this.clock.monotonic() - startedAt);
    await this.startAll(type, runs, jobs);
  }

  /** A job that leads nowhere any more is done with. */
  private async startAll(type: string, runs: readonly ClaimedRun[], jobs: readonly FetchedJob[]): Promise<void> {
    const byTask = new Map(runs.map((run) => [run.taskId, run]));
    const useless: FetchedJob[] = [];
    for (const job of jobs) {
      const run = byTask.get(job.data.task_id);
      if (run !== undefined && byTask.delete(run.taskId)) this.start(type, run, job);
      else useless.push(job);
    }
    if (useless.length > 0) await this.insist(() => this.queue.complete(this.parts.database, type, useless));
  }

  /** Ids of the tasks this process is running now, with the tokens of their runs. */
  get runTokens(): ReadonlyMap<string, string> {
    return new Map([...this.running].map(([taskId, { runToken }]) => [taskId, runToken]));
  }

  /** The caller wants this task stopped; does nothing when it does not run here. */
  cancel(taskId: string): void {
    this.running.get(taskId)?.stop.abort(new RunCanceled());
  }

  /** The task turned out not to be this run's any more. */
  drop(taskId: string, runToken: string): void {
    const run = this.running.get(taskId);
    if (run?.runToken === runToken) run.stop.abort(new RunLost());
  }

  /** Short runs may finish; the rest is aborted and put back, charged to nobody. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
    const runs = [...this.running.values()];
    if (
      await finishWithin(
        runs.map(({ done }) => done),
        this.config.process.shutdownGraceMs,
      )
    )
      return;
    for (const { stop } of runs) stop.abort(new RunShutdown());
    await Promise.allSettled(runs.map(({ done }) => done));
  }

  private insist<T>(write: () => Promise<T>): Promise<T> {
    return throughOutages({ clock: this.clock, logger: this.logger }, write, CLAIM_PATIENCE_MS);
  }

  private start(type: string, run: ClaimedRun, job: FetchedJob): void {
    const { taskId } = run;
    const stop = new AbortController();
    const { cancelGraceMs } = this.config.worker;
    const { endLine, downloader, model, clock, logger, tracer } = this;
    const parts = { ...this.parts, endLine, downloader, model, clock, logger, tracer, cancelGraceMs };
    const done = runTask(parts, this.agents.get(type)!, run, job, stop)
      .catch((error) =>
        this.logger.error(
          { event: 'task.run_failed', task_id: taskId, err: error },
          'A run could not be brought to its end; it will be put back',
        ),
      )
      .finally(() => {
        if (this.running.get(taskId)?.stop === stop) this.running.delete(taskId);
        if (this.shortOfHands) this.loop.wake();
      });
    this.running.get(taskId)?.stop.abort(new RunLost()); // an earlier run of this process that lost the task meanwhile
    this.running.set(taskId, { runToken: run.runToken, stop, done });
  }
}
