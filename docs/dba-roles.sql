-- Optional: two roles without login that see or repair, and no more. Run as the owner of the schema, then GRANT them to people.
CREATE ROLE postback_reader NOLOGIN;
CREATE ROLE postback_repairer NOLOGIN IN ROLE postback_reader;
GRANT USAGE ON SCHEMA postback TO postback_reader;
-- the views show URLs without their query
GRANT SELECT ON postback.outbox_health, postback.dead_letters, postback.endpoint_health, postback.stuck_tasks, postback.delivery_latency,
  postback.redelivery_batches, postback.processes, postback.alerts TO postback_reader;
-- of the tables all but URLs, whose query may hold tokens, what receivers answered, leases, and which secret signs
GRANT SELECT (id, event_id, endpoint_id, tenant, task_id, status, attempts, attempts_charged, max_attempts, next_attempt_at, next_trigger,
  held_at, claimed_by, claimed_at, last_status_code, last_error, dead_reason, created_at, delivered_at, dead_at, redelivery_batch_id)
  ON postback.webhook_outbox TO postback_reader;
GRANT SELECT (outbox_id, attempt, trigger, started_at, duration_ms, outcome, charged, status_code, error_code, error, claimed_by)
  ON postback.webhook_attempts TO postback_reader;
-- a repair runs with the rights of the functions' owner and is written to the audit log: it takes no right to any table
GRANT EXECUTE ON FUNCTION postback.redeliver, postback.redeliver_where, postback.cancel_redelivery, postback.pause_endpoint, postback.resume_endpoint
  TO postback_repairer;
