/** Places where a test can have the process die, each between two statements whose order matters. */
export const FAIL_POINTS = [
  'submit.before-commit',
  'submit.after-commit',
  'run.after-claim',
  'step.before-store',
  'step.after-store',
  'run.before-end',
  'end.before-commit',
  'end.after-commit',
  'delivery.after-claim',
  'delivery.after-send',
  'delivery.before-commit',
  'delivery.after-commit',
  'redelivery.before-commit',
  'redelivery.after-commit',
] as const;

export type FailPoint = (typeof FAIL_POINTS)[number];

let armed: string | null = null;

/** Arms one fail point for this process. Config never does so in production. */
export function armFailPoint(name: string | null): void {
  if (name !== null && !(FAIL_POINTS as readonly string[]).includes(name)) {
    throw new Error(`FAILPOINT=${name} is not known. Take one of: ${FAIL_POINTS.join(', ')}.`);
  }
  armed = name;
}

/** Dies here, at once and without any clean-up, when this fail point is armed: what kill -9 does at the worst moment. */
export function failPoint(name: FailPoint): void {
  if (armed === name) process.kill(process.pid, 'SIGKILL');
}
