/** What an alert can be about. Each has a paragraph in docs/running.md, under a heading of the same name. */
export const ALERT_KINDS = [
  'dead_letter',
  'dead_letters',
  'failure_rate',
  'many_retries',
  'failing_uncharged',
  'oldest_due',
  'oldest_held',
  'queue_age',
  'role_without_process',
  'endpoint_disabled',
  'breaker_open',
] as const;

export type AlertKind = (typeof ALERT_KINDS)[number];
