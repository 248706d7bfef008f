import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { Clock } from '../platform/clock.js';
import { Database } from '../platform/database/database.js';
import { Problem } from '../platform/http/problem.js';
import { WakeUps } from '../platform/lifecycle/wake-ups.js';
import { Keyring } from '../platform/secrets/keyring.js';
import { CONFIG } from '../platform/tokens.js';
import { type GroupResult, submitGroup } from './submit-group.js';
import { type Submission, type Submitted, submitTasks } from './submit-tasks.js';
import { TenantLines } from './tenant-lines.js';

/** Submissions in one commit: more only make the first of them wait for the last. */
const MAX_GROUP = 200;
/** Groups under way at once: while one waits for the disk, others are being written. */
const MAX_GROUPS = 4;

/** Of a line that is full, what a tenant may have waiting all the same. */
const SPARE_SHARE = 0.1;

interface Waiting {
  submission: Submission;
  settle(result: GroupResult): void;
}

/**
 * Where submits wait to be stored together. What arrives while groups are under way becomes the next group, so the busier it is, the
 * larger the groups and the fewer the commits; a submit that comes alone is written at once. Tenants take turns, so that a flood of one
 * waits behind itself, and a line that it has filled still takes a few of everybody else.
 */
@Injectable()
export class SubmitLine {
  private readonly waiting = new TenantLines<Waiting>();
  private underWay = 0;
  private scheduled = false;
  private readonly maxWaiting: number;
  private readonly write: (group: readonly Submission[]) => Promise<GroupResult[]>;

  constructor(
    @Inject(CONFIG) config: Config,
    database: Database,
    keyring: Keyring,
    clock: Clock,
    private readonly wakeUps: WakeUps,
  ) {
    const parts = {
      write: (group: readonly Submission[]) => submitTasks(database, { keyring }, group),
      monotonic: () => clock.monotonic(),
    };
    this.maxWaiting = config.submit.queueMax;
    this.write = (group) => submitGroup(parts, group);
  }

  /** Submits that wait for the next group. */
  get length(): number {
    return this.waiting.size;
  }

  /** Resolves after the commit; rejects with a 503 when the line is full or the database is away. */
  async submit(submission: Submission): Promise<Submitted> {
    if (this.isFullFor(submission.tenant)) throw lineFull();
    const result = await new Promise<GroupResult>((settle) => {
      this.waiting.push(submission.tenant, { submission, settle });
      this.schedule();
    });
    if (result.kind === 'error') throw result.error;
    return result;
  }

  private isFullFor(tenant: string): boolean {
    const { size } = this.waiting;
    if (size < this.maxWaiting) return false;
    return size >= 2 * this.maxWaiting || this.waiting.of(tenant) >= Math.max(1, this.maxWaiting * SPARE_SHARE);
  }

  /** Behind the requests that arrived in the same turn of the event loop, so that they make one group. */
  private schedule(): void {
    if (this.scheduled || this.underWay >= MAX_GROUPS || this.waiting.size === 0) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      void this.writeNext();
    });
  }

  private async writeNext(): Promise<void> {
    const group = this.waiting.take(MAX_GROUP);
    this.underWay += 1;
    this.schedule(); // what is left over
    const results = await this.write(group.map(({ submission }) => submission));
    this.underWay -= 1;
    if (results.some(({ kind }) => kind === 'created')) this.wakeUps.ring('task-queued'); // before the answers: a worker need not wait for them
    group.forEach(({ settle }, i) => {
      settle(results[i]!);
    });
    this.schedule();
  }
}

function lineFull(): Problem {
  return new Problem(
    503,
    'queue_full',
    'More tasks are being submitted than can be stored right now. Send the same request again in a moment.',
    {
      headers: { 'retry-after': '1' },
    },
  );
}
