/** A place in the built service, and what stands there instead. */
interface Change {
  /** From `dist/src/`. */
  file: string;
  from: string;
  to: string;
}

export const DEFECTS = ['no-lease-fence', 'no-run-fence', 'answers-before-commit', 'sends-before-commit', 'loses-a-held-row'] as const;
export type Defect = (typeof DEFECTS)[number];

/** Bugs that a service like this one could have, each of which breaks one promise. The checker must find every one of them. */
const CHANGES: Record<Defect, readonly Change[]> = {
  // a dispatcher whose lease ran out finishes the attempt of its successor
  'no-lease-fence': [
    { file: 'webhooks/delivery/finish-attempts.js', from: 'WHERE o.id = n.id AND o.lease_token = n.lease_token', to: 'WHERE o.id = n.id' },
  ],
  // a worker that was taken for dead goes on writing
  'no-run-fence': [
    { file: 'execution/run-steps.js', from: 'WHERE id = $1 AND run_token = $2', to: 'WHERE id = $1 AND $2::uuid IS NOT NULL' },
    { file: 'execution/record-event.js', from: 'AND run_token = $2', to: 'AND $2::uuid IS NOT NULL' },
  ],
  // the 202 leaves while the task is still on its way to the disk
  'answers-before-commit': [
    {
      file: 'tasks/submit-line.js',
      from: 'const result = await new Promise',
      to: 'const result = submission.response ? this.early(submission) : await new Promise',
    },
    {
      file: 'tasks/submit-line.js',
      from: 'schedule() {',
      to: `early(submission) {
        this.waiting.push(submission.tenant, { submission, settle() {} });
        this.schedule();
        return { kind: 'created', taskId: submission.taskId, response: submission.response };
    }
    schedule() {`,
    },
  ],
  // the webhook is on its way before the task has ended
  'sends-before-commit': [
    {
      file: 'execution/end-task.js',
      from: 'writeOutbox(tx, events, parts.outbox)',
      to: 'parts.database.transaction((own) => writeOutbox(own, events, parts.outbox))',
    },
  ],
  // what comes off the shelf is marked as done, and nobody sends it
  'loses-a-held-row': [
    {
      file: 'webhooks/outbox/sweep-statements.js',
      from: `SET status = 'pending', held_at = NULL,
           next_attempt_at = greatest(`,
      to: `SET status = 'delivered', held_at = NULL, delivered_at = now(),
           next_attempt_at = greatest(`,
    },
  ],
};

export const isDefect = (name: string): name is Defect => (DEFECTS as readonly string[]).includes(name);

export function changesOf(defect: string): readonly Change[] {
  if (!isDefect(defect)) throw new Error(`There is no defect "${defect}". Take one of: ${DEFECTS.join(', ')}.`);
  return CHANGES[defect];
}

/** The source of a module with the defect in it. Throws when the place is not there any more: a defect must not vanish unseen. */
export function plantInto(url: string, source: string, changes: readonly Change[]): string {
  return changes
    .filter(({ file }) => url.endsWith(`/dist/src/${file}`))
    .reduce((text, { file, from, to }) => {
      if (text.split(from).length !== 2) throw new Error(`The place for the planted defect is not in ${file} exactly once:\n${from}`);
      return text.replace(from, () => to);
    }, source);
}
