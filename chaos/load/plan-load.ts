import { Random } from '../support/random.js';
import { LOADED_RECEIVERS, type ReceiverName } from '../world/tempers.js';

/** What a client asks for in one submit. */
export interface PlannedSubmit {
  n: number;
  /** With an Idempotency-Key it is sent until there is an answer; without one it is sent once. */
  keyed: boolean;
  input: {
    payload: unknown;
    delay_ms?: number;
    steps?: number;
    progress_steps?: number;
    fail?: 'failed' | 'error' | 'crash';
    fail_times?: number;
  };
  /** Receiver of the `webhook_url`; null: none. */
  adHoc: ReceiverName | null;
  secret: string;
  /** Registered endpoints that are named. */
  endpoints: string[];
  /** Event types asked for; null: every terminal one. */
  events: string[] | null;
  expiresInSeconds: number | null;
}

export type LoadStep =
  | { kind: 'submit'; submit: PlannedSubmit }
  | { kind: 'repeat' | 'mismatch' | 'cancel' | 'redeliver' | 'look'; n: number }
  | { kind: 'pause' | 'resume' | 'rotate'; endpoint: string };

export interface PlannedStep {
  atMs: number;
  step: LoadStep;
}

/** Registered endpoints of a run, and the receiver behind each. */
export const ENDPOINTS: Record<string, ReceiverName> = {
  steady: 'good',
  shaky: 'flaky',
  moving: 'leaving',
  overdue: 'late',
  down: 'broken',
};

const PER_SECOND = 8;

/** What clients do, by seed: submits at a steady pace, and things done to them a little later. */
export function planLoad(seed: number, seconds: number): PlannedStep[] {
  const random = new Random(seed, 'load');
  const steps: PlannedStep[] = [];
  const later = (atMs: number, most: number) => atMs + random.between(20, most);
  for (let n = 1; n <= seconds * PER_SECOND; n += 1) {
    const atMs = Math.floor((n * 1_000) / PER_SECOND);
    const submit = planSubmit(n, random);
    steps.push({ atMs, step: { kind: 'submit', submit } });
    if (submit.keyed && random.chance(0.2)) steps.push({ atMs: later(atMs, 4_000), step: { kind: 'repeat', n } });
    if (submit.keyed && random.chance(0.05)) steps.push({ atMs: later(atMs, 4_000), step: { kind: 'mismatch', n } });
    if (random.chance(0.12)) steps.push({ atMs: later(atMs, 1_500), step: { kind: 'cancel', n } });
    if (random.chance(0.08)) steps.push({ atMs: later(atMs, 8_000), step: { kind: 'redeliver', n } });
    for (let look = random.between(0, 2); look > 0; look -= 1) steps.push({ atMs: later(atMs, 10_000), step: { kind: 'look', n } });
  }
  for (const endpoint of Object.keys(ENDPOINTS)) {
    for (let atMs = random.between(1_000, 6_000); atMs < seconds * 1_000; atMs += random.between(4_000, 12_000)) {
      const kind = random.weighted([
        ['pause', 4],
        ['rotate', 1],
      ] as const);
      steps.push({ atMs, step: { kind, endpoint } });
      if (kind === 'pause') steps.push({ atMs: later(atMs, 3_500), step: { kind: 'resume', endpoint } });
    }
  }
  return steps.sort((a, b) => a.atMs - b.atMs);
}

function planSubmit(n: number, random: Random): PlannedSubmit {
  const endpoints = Object.keys(ENDPOINTS).filter(() => random.chance(0.12));
  return {
    n,
    keyed: random.chance(0.85),
    input: planInput(n, random),
    adHoc: random.chance(0.9) ? random.pick(LOADED_RECEIVERS) : null,
    // one in four is written as Standard Webhooks have it: its key is the decoded bytes
    secret: random.chance(0.25)
      ? `whsec_${Buffer.from(`secret of ${n % 50} in 24 bytes!`).toString('base64')}`
      : `plain chaos secret ${n % 50} é`,
    endpoints,
    events: random.chance(0.08) ? ['task.completed'] : null,
    expiresInSeconds: random.chance(0.05) ? 1 : null,
  };
}

function planInput(n: number, random: Random): PlannedSubmit['input'] {
  const payload = { n, text: random.pick(['ü ☃ 🚀', 'a "quoted" \\ line\n', '']), numbers: [0.1, 1e21, -0.5], nested: { deep: [[[n]]] } };
  const large = random.chance(0.03) ? { ...payload, blob: 'x'.repeat(20_000) } : payload;
  const kind = random.weighted([
    ['quick', 60],
    ['some', 20],
    ['long', 8],
    ['failed', 5],
    ['error', 4],
    ['retried', 4],
    ['crashing', 0.7],
  ] as const);
  switch (kind) {
    case 'quick':
      return { payload: large };
    case 'some':
      return { payload: large, delay_ms: random.between(50, 800), progress_steps: random.between(1, 3) };
    case 'long':
      return { payload: large, delay_ms: random.between(2_000, 6_000), steps: random.between(3, 6), progress_steps: 1 };
    case 'failed':
      return { payload: large, fail: 'failed' };
    case 'error':
      return { payload: large, fail: 'error' };
    case 'retried':
      return { payload: large, fail: 'error', fail_times: 1 };
    case 'crashing':
      return { payload: large, delay_ms: 400, steps: 2, fail: 'crash', fail_times: 1 };
  }
}
