import type { Target } from './url-rules.js';

/** Who may be called. Both policies share one connector; there is no way out without one. */
export interface TargetPolicy {
  /** The addresses that may be dialled for this target, in the resolver's order. Throws `EgressBlocked` or `ResolveFailed`. */
  vet(target: Target): Promise<readonly string[]>;
}
