import { words } from './format';

type Tone = 'good' | 'bad' | 'warn' | 'busy' | 'calm';

const TONES: Readonly<Record<string, Tone>> = {
  delivered: 'good',
  completed: 'good',
  active: 'good',
  closed: 'good',
  alive: 'good',
  live: 'good',
  sent: 'good',
  resolved: 'good',
  valid: 'good',
  dead: 'bad',
  error: 'bad',
  failed: 'bad',
  disabled: 'bad',
  critical: 'bad',
  open: 'bad',
  revoked: 'bad',
  rejected: 'bad',
  unreachable: 'bad',
  timed_out: 'bad',
  gone: 'bad',
  too_large: 'bad',
  blocked: 'bad',
  not_sent: 'bad',
  invalid: 'bad',
  lost: 'bad',
  too_late: 'bad',
  held: 'warn',
  paused: 'warn',
  half_open: 'warn',
  warning: 'warn',
  acknowledged: 'warn',
  throttled: 'warn',
  outcome_unknown: 'warn',
  unknown: 'warn',
  canceling: 'warn',
  expired: 'warn',
  delivering: 'busy',
  running: 'busy',
  pending: 'busy',
  queued: 'busy',
  processing: 'busy',
};

/** A state as a word; the colour only repeats it. */
export function Badge({ state, children }: { state: string; children?: React.ReactNode }) {
  return <span className={`badge ${TONES[state] ?? 'calm'}`}>{children ?? words(state)}</span>;
}

export const toneOf = (state: string): Tone => TONES[state] ?? 'calm';

export function StatusCode({ code }: { code: number | null }) {
  if (code === null) return <span className="faint">–</span>;
  return <span className={`code-status ${code >= 200 && code < 300 ? 'good' : 'bad'}`}>{code}</span>;
}
