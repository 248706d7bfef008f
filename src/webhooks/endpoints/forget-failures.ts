/** SQL, of an UPDATE of an endpoint: its failures so far say nothing any more, and its breaker gives it a full new chance. */
export const FORGET_FAILURES = `
  consecutive_failures = 0, slow_until = NULL,
  breaker = 'closed', breaker_failing_since = NULL, breaker_opened_at = NULL, breaker_probe_at = NULL, breaker_probes = 0`;
