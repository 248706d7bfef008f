import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { Clock } from '../platform/clock.js';
import { Database } from '../platform/database/database.js';
import { Problem } from '../platform/http/problem.js';
import { CONFIG } from '../platform/tokens.js';
import { findAnswer, type KeyedSubmission } from './claim-idempotency-keys.js';
import { countQueued } from './count-queued.js';
import type { Submitted } from './submit-tasks.js';

/** A count is used for so long; what this process accepts in the meantime is added to it. */
const COUNT_LASTS_MS = 1_000;
const RETRY_AFTER_SECONDS = '5';

interface Line {
  /** Tasks that wait, as last counted, and those accepted here since. */
  length: number;
  countedAt: number;
  counting: Promise<void> | null;
}

/**
 * Whether a tenant may have more tasks wait. Counted at most once a second for a tenant that submits, never per submit; so with several
 * processes a line may get longer than allowed by what the others accept within that second.
 */
@Injectable()
export class QueueRoom {
  private readonly lines = new Map<string, Line>();
  private readonly most: number;

  constructor(
    @Inject(CONFIG) config: Config,
    private readonly database: Database,
    private readonly clock: Clock,
  ) {
    this.most = config.tasks.maxQueued;
  }

  /**
   * Takes a place for a submit, or returns the answer that it was given before under its Idempotency-Key: that one needs no place, and
   * whoever repeats a request because the answer was lost shall have it however long the line is. Throws as `take`.
   */
  async takeOrAnswer(submission: KeyedSubmission): Promise<Submitted | null> {
    try {
      await this.take(submission.tenant);
      return null;
    } catch (error) {
      const answer = error instanceof Problem ? await findAnswer(this.database, submission) : null;
      if (answer === null) throw error;
      return answer;
    }
  }

  /** Takes a place in the line of this tenant; throws 429 `queue_full` when there is none. */
  async take(tenant: string): Promise<void> {
    const line = this.lines.get(tenant) ?? this.begin(tenant);
    if (this.clock.monotonic() - line.countedAt >= COUNT_LASTS_MS) this.recount(tenant, line);
    // the first count is waited for; after that, one that is under way only when it could change the answer
    if (line.counting !== null && (line.countedAt === Number.NEGATIVE_INFINITY || line.length >= this.most)) await line.counting;
    if (line.length >= this.most) throw queueFull(this.most);
    line.length += 1;
  }

  private begin(tenant: string): Line {
    for (const [name, { countedAt, counting }] of this.lines) {
      if (this.lines.size < 10_000) break;
      if (counting === null && this.clock.monotonic() - countedAt >= COUNT_LASTS_MS) this.lines.delete(name);
    }
    const line = { length: 0, countedAt: Number.NEGATIVE_INFINITY, counting: null };
    this.lines.set(tenant, line);
    return line;
  }

  private recount(tenant: string, line: Line): void {
    if (line.counting !== null) return;
    line.counting = this.count(tenant, line);
    line.counting.catch(() => {}); // who waits for it hears of an outage; when nobody does, the next submit counts again
  }

  private async count(tenant: string, line: Line): Promise<void> {
    try {
      const counted = await countQueued(this.database, [tenant], this.most);
      line.length = counted.get(tenant) ?? 0;
      line.countedAt = this.clock.monotonic();
    } finally {
      line.counting = null;
    }
  }
}

function queueFull(most: number): Problem {
  return new Problem(429, 'queue_full', `${most} tasks of yours wait already; submit more when some have run.`, {
    headers: { 'retry-after': RETRY_AFTER_SECONDS },
  });
}
