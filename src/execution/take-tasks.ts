import type { Database } from '../platform/database/database.js';
import { isDatabaseTrouble } from '../platform/database/database-trouble.js';
import type { PipelinedTx } from '../platform/database/sql.js';
import { newId } from '../platform/ids.js';
import type { FetchedJob, Queue } from '../platform/queue/queue.js';
import { type ClaimedRun, claimRuns, type RunClaim } from './claim-run.js';
import { type FreeHands, type Released, type ReleasedTask, type RunLimits, releaseTasks } from './release-tasks.js';

export interface TakeTasksParts {
  database: Database;
  queue: Queue;
  /** `processes.id` of whoever takes them. */
  workerId: string;
  /** Repeats while the database is away. */
  insist<T>(write: () => Promise<T>): Promise<T>;
}

export interface Taken extends Released {
  /** Of the released tasks all but those past their queue deadline. */
  runs: ClaimedRun[];
  /** Jobs that others left behind and that came first; what they lead to is not claimed. */
  strays: StrayJob[];
}

export type StrayJob = FetchedJob & { type: string };

/**
 * From the line to the run in one commit: releases as many tasks as there are hands, gives each a job, takes the job and claims the run.
 * Two round trips, as nothing behind the release needs an answer. A job comes and is fetched within one transaction, so nobody else can have it.
 */
export async function takeTasks(parts: TakeTasksParts, limits: RunLimits, free: FreeHands): Promise<Taken> {
  let claimed = null as { released: Released; claims: RunClaim[] } | null;
  try {
    return await parts.database.pipelined(async (tx) => {
      const released = await releaseTasks(tx, limits, free);
      if (released.tasks.length === 0) return { ...released, runs: [], strays: [] };
      const claims = released.tasks.map(({ id, jobId }): RunClaim => ({ taskId: id, jobId, runToken: newId() }));
      claimed = { released, claims };
      return { ...released, ...(await takeReleased(tx, parts, released.tasks, claims)) };
    });
  } catch (error) {
    if (claimed === null || !isDatabaseTrouble(error)) throw error;
    const { released, claims } = claimed;
    // the COMMIT may have been carried out: then these runs are ours, and else the tasks stand in their lines, without such a job
    const runs = await parts.insist(() => claimRuns(parts.database, claims, parts.workerId));
    return { ...released, runs, strays: [] };
  }
}

async function takeReleased(
  tx: PipelinedTx,
  { queue, workerId }: TakeTasksParts,
  tasks: readonly ReleasedTask[],
  claims: readonly RunClaim[],
): Promise<Pick<Taken, 'runs' | 'strays'>> {
  const fetching: Promise<StrayJob[]>[] = [];
  for (const [type, ofType] of Map.groupBy(tasks, (task) => task.type)) {
    const jobs = ofType.map(({ id, jobId }) => ({ id: jobId, taskId: id }));
    const { issued, fetched } = queue.sendAndFetch(tx, type, jobs);
    const own = new Set(jobs.map(({ id }) => id));
    const strays = fetched.then((all) => all.filter(({ id }) => !own.has(id)).map((job) => ({ ...job, type })));
    strays.catch(() => {}); // heard below
    fetching.push(strays);
    await issued;
  }
  const [runs, strays] = await Promise.all([claimRuns({ query: tx.last }, claims, workerId), Promise.all(fetching)]);
  return { runs, strays: strays.flat() };
}
