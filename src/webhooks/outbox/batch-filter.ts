/** Which rows a bulk redelivery takes; what is given must all hold. Stored as it is. */
export interface BatchFilter {
  endpoint_id?: string;
  tenant?: string;
  task_id?: string;
  event_type?: string;
  dead_reason?: string;
  status_code?: number;
  /** Created at or after. */
  since?: string;
  /** Created before. */
  until?: string;
  /** Exactly what is stored as `last_error`; empty for rows without one. */
  error?: string;
  /** Of outbox rows. */
  ids?: string[];
}

/** One condition per filter on the row `o`, so that the planner sees only those that are given. */
const CONDITIONS: Record<keyof BatchFilter, (parameter: string) => string> = {
  endpoint_id: ($) => `o.endpoint_id = ${$}::uuid`,
  tenant: ($) => `o.tenant = ${$}`,
  task_id: ($) => `o.task_id = ${$}::uuid`,
  event_type: ($) => `(SELECT v.type FROM postback.webhook_events v WHERE v.id = o.event_id) = ${$}`,
  dead_reason: ($) => `o.dead_reason = ${$}`,
  status_code: ($) => `o.last_status_code = ${$}::integer`,
  since: ($) => `o.created_at >= ${$}::timestamptz`,
  until: ($) => `o.created_at < ${$}::timestamptz`,
  error: ($) => `coalesce(o.last_error, '') = ${$}`,
  ids: ($) => `o.id = ANY (${$}::uuid[])`,
};

/** @param parameter adds a value to the statement and returns its name. Each condition is an SQL expression over the row `o`. */
export function batchConditions(filter: BatchFilter, parameter: (value: unknown) => string): string[] {
  return (Object.keys(CONDITIONS) as (keyof BatchFilter)[])
    .filter((name) => filter[name] !== undefined)
    .map((name) => CONDITIONS[name](parameter(filter[name])));
}

/**
 * Written out, because the partial index is only seen for constants. No held rows, though `redeliver_row` takes one when a person names
 * it: they go by themselves once their endpoint is free, and a full new schedule for all of them is nothing that a filter should do unasked.
 */
export function batchStatuses(includeDelivered: boolean): string {
  return includeDelivered ? "o.status IN ('dead', 'delivered')" : "o.status = 'dead'";
}
