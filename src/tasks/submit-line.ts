import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { Clock } from '../platform/clock.js';
import { Database } from '../platform/database/database.js';
import { Problem } from '../platform/http/problem.js';
import { Keyring } from '../platform/secrets/keyring.js';
import { CONFIG } from '../platform/tokens.js';
import { type GroupResult, submitGroup } from './submit-group.js';
import { type Submission, type Submitted, submitTasks } from './submit-tasks.js';

/** Submissions in one commit: more only make the first of them wait for the last. */
const MAX_GROUP = 200;
/** Groups under way at once: while one waits for the disk, others are being written. */
const MAX_GROUPS = 4;

interface Waiting {
  submission: Submission;
  settle(result: GroupResult): void;
}

/**
 * Where submits wait to be stored together. What arrives while groups are under way becomes the next group, so the busier it is, the
 * larger the groups and the fewer the commits; a submit that comes alone is written at once.
 */
@Injectable()
export class SubmitLine {
  private readonly waiting: Waiting[] = [];
  private underWay = 0;
  private scheduled = false;
  private readonly maxWaiting: number;
  private readonly write: (group: readonly Submission[]) => Promise<GroupResult[]>;

  constructor(@Inject(CONFIG) config: Config, database: Database, keyring: Keyring, clock: Clock) {
    const parts = {
      write: (group: readonly Submission[]) => submitTasks(database, { keyring }, group),
      monotonic: () => clock.monotonic(),
    };
    this.maxWaiting = config.submit.queueMax;
    this.write = (group) => submitGroup(parts, group);
  }

  /** Resolves after the commit; rejects with a 503 when the line is full or the database is away. */
  async submit(submission: Submission): Promise<Submitted> {
    if (this.waiting.length >= this.maxWaiting) throw lineFull();
    const result = await new Promise<GroupResult>((settle) => {
      this.waiting.push({ submission, settle });
      this.schedule();
    });
    if (result.kind === 'error') throw result.error;
    return result;
  }

  /** Behind the requests that arrived in the same turn of the event loop, so that they make one group. */
  private schedule(): void {
    if (this.scheduled || this.underWay >= MAX_GROUPS || this.waiting.length === 0) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      void this.writeNext();
    });
  }

  private async writeNext(): Promise<void> {
    const group = this.waiting.splice(0, MAX_GROUP);
    this.underWay += 1;
    this.schedule(); // what is left over
    const results = await this.write(group.map(({ submission }) => submission));
    this.underWay -= 1;
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
