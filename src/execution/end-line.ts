import { isDatabaseTrouble } from '../platform/database/database-trouble.js';
import type { TaskEnd } from './end-task.js';

/** Ends in one commit: more only make the first of them wait for the last. */
const MAX_GROUP = 100;
/** Characters of results in one commit, unless one alone has more. */
const MAX_RESULTS = 4_000_000;
/** Groups under way at once: while one waits for the disk, another is being written. */
const MAX_GROUPS = 2;

interface Waiting {
  end: TaskEnd;
  resolve(ended: boolean): void;
  reject(error: unknown): void;
}

/**
 * Where the ends of a process' runs wait to be written together. One that comes alone is written at once; those that come while
 * groups are under way become the next group. A group that the database refuses is halved, until what it will not take stands alone;
 * while the database is away each run hears of it, and comes again.
 */
export class EndLine {
  private waiting: Waiting[] = [];
  private underWay = 0;
  private scheduled = false;

  /** @param write ends tasks in one commit, and returns the ids of those that it ended */
  constructor(private readonly write: (ends: readonly TaskEnd[]) => Promise<Set<string>>) {}

  /** Resolves after the commit; false when the task was ended, put back or taken over by somebody else, and nothing was written. */
  end(end: TaskEnd): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ end, resolve, reject });
      this.schedule();
    });
  }

  /** Behind the runs that end in the same turn of the event loop, so that they make one group. */
  private schedule(): void {
    if (this.scheduled || this.underWay >= MAX_GROUPS || this.waiting.length === 0) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      void this.writeNext();
    });
  }

  private async writeNext(): Promise<void> {
    const group = this.takeGroup();
    this.underWay += 1;
    this.schedule(); // what is left over
    await this.writeGroup(group);
    this.underWay -= 1;
    this.schedule();
  }

  /** Two ends of one task, of a stale run and its successor, never share a group: its answer tells tasks apart, and not runs. */
  private takeGroup(): Waiting[] {
    const group = new Map<string, Waiting>();
    let results = 0;
    for (const waiting of this.waiting) {
      const { taskId, result } = waiting.end;
      results += result?.length ?? 0;
      if (group.size >= MAX_GROUP || group.has(taskId) || (group.size > 0 && results > MAX_RESULTS)) break;
      group.set(taskId, waiting);
    }
    this.waiting = this.waiting.slice(group.size);
    return [...group.values()];
  }

  private async writeGroup(group: readonly Waiting[]): Promise<void> {
    try {
      const ended = await this.write(group.map(({ end }) => end));
      for (const { end, resolve } of group) resolve(ended.has(end.taskId));
    } catch (error) {
      if (group.length > 1 && !isDatabaseTrouble(error)) return this.writeHalves(group);
      for (const { reject } of group) reject(error);
    }
  }

  private async writeHalves(group: readonly Waiting[]): Promise<void> {
    const half = Math.ceil(group.length / 2);
    await this.writeGroup(group.slice(0, half));
    await this.writeGroup(group.slice(half));
  }
}
