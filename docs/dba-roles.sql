-- Optional: two roles without login that see or repair, and no more. Run as the owner of the schema, then GRANT them to people.
CREATE ROLE postback_reader NOLOGIN;
CREATE ROLE postback_repairer NOLOGIN IN ROLE postback_reader;
GRANT USAGE ON SCHEMA postback TO postback_reader;
-- inputs, results, bodies and sealed secrets are not among them; URLs with their query and excerpts of receivers' answers are
GRANT SELECT ON postback.outbox_health, postback.dead_letters, postback.endpoint_health, postback.stuck_tasks, postback.delivery_latency,
  postback.webhook_outbox, postback.webhook_attempts, postback.redelivery_batches, postback.processes, postback.alerts TO postback_reader;
-- the functions run with their caller's rights, so whoever repairs can also read bodies and the headers of endpoints, and change what he repairs by hand
GRANT SELECT, UPDATE ON postback.webhook_outbox, postback.webhook_endpoints TO postback_repairer;
GRANT SELECT (id, body) ON postback.webhook_events TO postback_repairer;
GRANT INSERT, UPDATE ON postback.redelivery_batches TO postback_repairer;
