/** What an alert can be about. Each has a paragraph in docs/running.md, under a heading of the same name. */
export const ALERT_KINDS = ['dead_letter', 'endpoint_disabled', 'breaker_open'] as const;

export type AlertKind = (typeof ALERT_KINDS)[number];
