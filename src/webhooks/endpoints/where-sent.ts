/**
 * SQL, of an endpoint `e`: where all its rows go; null when each has its own URL. A registered endpoint leads its rows, and an ad-hoc one that was
 * moved does, each with its own query, where callers put a task's id or token.
 */
export const LEADS_TO = "CASE WHEN e.kind = 'registered' OR e.moved_at IS NOT NULL THEN e.url END";

/** SQL, of an outbox row `o`: the query of its own URL, with its `?`; empty without one. */
export const OWN_QUERY = "coalesce(substring(o.url FROM '^[^?#]*(\\?[^#]*)'), '')";

/** SQL, of an outbox row `o`: where its next attempt goes, as a claim would decide now; once it is sent or at rest, where the last one went. */
export const WHERE_SENT = `
  CASE WHEN o.status IN ('pending', 'held') THEN coalesce((
         SELECT ${LEADS_TO} || CASE WHEN e.kind = 'ad_hoc' THEN ${OWN_QUERY} ELSE '' END
           FROM postback.webhook_endpoints e WHERE e.id = o.endpoint_id
       ), o.url)
       ELSE o.url END`;
