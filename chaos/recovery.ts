import { isSuccess } from './check/delivered.js';
import type { Ledger } from './ledger.js';

/** How soon the service was there again after a fault, in ms from the fault's end; null: not within the run. */
export interface Recovery {
  fault: string;
  accepted: number | null;
  delivered: number | null;
}

export function recoveriesOf({ happened, told, received }: Ledger): Recovery[] {
  const accepts = told.filter(({ what, status }) => what === 'submit' && status === 202).map(({ answeredAt }) => answeredAt);
  const deliveries = received.filter(({ answer }) => isSuccess(answer)).map(({ answeredAt }) => answeredAt ?? 0);
  return happened.map(({ fault, until }) => ({
    fault: fault.split(' ')[0]!,
    accepted: next(accepts, until),
    delivered: next(deliveries, until),
  }));
}

function next(times: readonly number[], after: number): number | null {
  const later = times.filter((time) => time >= after);
  return later.length === 0 ? null : Math.min(...later) - after;
}
