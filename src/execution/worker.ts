import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { LanguageModel } from '../agents/agent.js';
import { AgentRegistry } from '../agents/registry.js';
import type { Config } from '../config/config.js';
import { Clock } from '../platform/clock.js';
import { DocumentDownloader } from '../platform/egress/document-downloader.js';
import { OperatorClient } from '../platform/egress/operator-client.js';
import { finishWithin } from '../platform/lifecycle/drain.js';
import { PollingLoop } from '../platform/lifecycle/polling-loop.js';
import { WakeUps } from '../platform/lifecycle/wake-ups.js';
import type { Logger } from '../platform/logging/logger.js';
import { type FetchedJob, Queue } from '../platform/queue/queue.js';
import { CONFIG, LOGGER, PROCESS_ID } from '../platform/tokens.js';
import type { EndTaskParts } from './end-task.js';
import { languageModel } from './language-model.js';
import { RunCanceled, RunLost, RunShutdown } from './run-stop.js';
import { runTask } from './run-task.js';
import { END_TASK_PARTS } from './tokens.js';

/** Fetches jobs while it has hands free, and runs each to its end. */
@Injectable()
export class Worker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly running = new Map<string, { stop: AbortController; done: Promise<void> }>();
  private readonly loop: PollingLoop;
  private readonly model: LanguageModel | null;

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
  ) {
    this.model = languageModel(config, operatorClient);
    this.loop = new PollingLoop({
      name: 'worker',
      intervalMs: config.worker.pollIntervalMs,
      runOnce: () => this.runOnce(),
      onError: (error) => logger.warn({ event: 'worker.poll_failed', err: error }, 'Could not fetch tasks; trying again'),
    });
  }

  onApplicationBootstrap(): void {
    this.wakeUps.on('task-queued', () => this.loop.wake());
    this.loop.start();
  }

  /** Takes what is queued, as much as there are hands for. */
  async runOnce(): Promise<'more' | 'idle'> {
    let took = 0;
    for (const type of this.agents.types) {
      const free = this.config.worker.concurrency - this.running.size;
      if (free <= 0) return 'idle'; // the next run that ends wakes the loop
      const jobs = await this.queue.fetch(type, free);
      for (const job of jobs) this.start(type, job);
      took += jobs.length;
    }
    return took > 0 ? 'more' : 'idle';
  }

  /** Ids of the tasks this process is running now. */
  get taskIds(): string[] {
    return [...this.running.keys()];
  }

  /** The caller wants this task stopped; does nothing when it does not run here. */
  cancel(taskId: string): void {
    this.running.get(taskId)?.stop.abort(new RunCanceled());
  }

  /** The task turned out to be somebody else's. */
  drop(taskId: string): void {
    this.running.get(taskId)?.stop.abort(new RunLost());
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

  private start(type: string, job: FetchedJob): void {
    const taskId = job.data.task_id;
    const stop = new AbortController();
    const { downloader, model, clock, logger, workerId } = this;
    const parts = { ...this.parts, downloader, model, clock, logger, workerId };
    const done = runTask(parts, this.agents.get(type)!, job, stop)
      .catch((error) =>
        this.logger.error(
          { event: 'task.run_failed', task_id: taskId, err: error },
          'A run could not be brought to its end; it will be put back',
        ),
      )
      .finally(() => {
        if (this.running.get(taskId)?.stop === stop) this.running.delete(taskId);
        this.loop.wake();
        this.wakeUps.ring('delivery-due');
      });
    this.running.set(taskId, { stop, done });
  }
}
