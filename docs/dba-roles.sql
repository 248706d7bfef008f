-- Optional: two roles without login that see or repair, and no more. Run by `psql -1 -f`, all or nothing, as a superuser or as the owner of
-- the schema with CREATEROLE; again after an upgrade, for what the roles may see besides. Then GRANT them to people.
\set ON_ERROR_STOP on
-- roles belong to the server: another database of it, or an earlier run, may have made them
DO $$ BEGIN
  IF to_regrole('postback_reader') IS NULL THEN CREATE ROLE postback_reader NOLOGIN; END IF;
  IF to_regrole('postback_repairer') IS NULL THEN CREATE ROLE postback_repairer NOLOGIN IN ROLE postback_reader; END IF;
END $$;
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
-- of tasks what they are, where they stand and when: no input, result, error, metadata or progress, which are the caller's, no URL, no fence
GRANT SELECT (id, tenant, type, status, runs, interruptions, crashes_in_row, worker_id, job_id, next_run_at, last_seq, timeout_ms, run_deadline_at,
  expires_at, webhook_endpoint_ids, webhook_events, created_at, started_at, finished_at, erased_at, retried_from)
  ON postback.tasks TO postback_reader;
-- a repair runs with the rights of the functions' owner and is written to the audit log: it takes no right to any table
GRANT EXECUTE ON FUNCTION postback.redeliver, postback.redeliver_where, postback.cancel_redelivery, postback.pause_endpoint, postback.resume_endpoint
  TO postback_repairer;
