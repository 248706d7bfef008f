import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A repair in SQL is written down like one through the API, by the database user that asked for it. The functions run with the rights of
 * their owner, so whoever may call them needs no right to a table.
 */
export class AuditRepairsInSql1795720000002 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      -- the verbs themselves, for the service, which knows better who asks
      ALTER FUNCTION postback.pause_endpoint(uuid, text) RENAME TO pause_endpoint_row;
      ALTER FUNCTION postback.resume_endpoint(uuid) RENAME TO resume_endpoint_row;
      COMMENT ON FUNCTION postback.pause_endpoint_row(uuid, text) IS
        'The rule behind every pause by an operator. Use postback.pause_endpoint, which writes it down as well.';
      COMMENT ON FUNCTION postback.resume_endpoint_row(uuid) IS
        'The rule behind every resume by an operator. Use postback.resume_endpoint, which writes it down as well.';

      -- session_user, not current_user: the person that logged in, whatever role he has put on
      CREATE FUNCTION postback.write_sql_audit(action text, target_id uuid, tenant text, before json, after json) RETURNS void LANGUAGE sql AS $$
        INSERT INTO postback.audit_log (id, actor, action, target_type, target_id, tenant, before, after)
        VALUES (gen_random_uuid(), 'sql:' || session_user, action, split_part(action, '.', 1), target_id, tenant, before, after) $$;
      COMMENT ON FUNCTION postback.write_sql_audit(text, uuid, text, json, json) IS 'One line of the audit log about a repair in SQL.';

      CREATE OR REPLACE FUNCTION postback.redeliver(outbox_id uuid) RETURNS text LANGUAGE plpgsql
        SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
      DECLARE found record; outcome text;
      BEGIN
        SELECT o.tenant, json_build_object('status', o.status, 'attempts_charged', o.attempts_charged, 'dead_reason', o.dead_reason) AS before
          INTO found FROM postback.webhook_outbox o WHERE o.id = outbox_id FOR UPDATE;
        outcome := postback.redeliver_row(outbox_id, 'manual');
        IF outcome IN ('queued', 'held') THEN
          PERFORM postback.write_sql_audit('outbox.redeliver', outbox_id, found.tenant, found.before, json_build_object(
            'status', CASE outcome WHEN 'held' THEN 'held' ELSE 'pending' END, 'attempts_charged', 0, 'dead_reason', NULL));
        END IF;
        IF outcome = 'queued' THEN PERFORM pg_notify('postback_wake_up', 'delivery-due -'); END IF;
        RETURN outcome;
      END $$;

      CREATE OR REPLACE FUNCTION postback.redeliver_where(
        endpoint_id uuid DEFAULT NULL, tenant text DEFAULT NULL, task_id uuid DEFAULT NULL, event_type text DEFAULT NULL,
        dead_reason text DEFAULT NULL, status_code integer DEFAULT NULL, since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL,
        include_delivered boolean DEFAULT false, rate_per_second integer DEFAULT NULL
      ) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
      #variable_conflict use_column
      DECLARE batch uuid := gen_random_uuid(); filter jsonb;
      BEGIN
        filter := jsonb_strip_nulls(jsonb_build_object(
          'endpoint_id', redeliver_where.endpoint_id, 'tenant', redeliver_where.tenant, 'task_id', redeliver_where.task_id,
          'event_type', redeliver_where.event_type, 'dead_reason', redeliver_where.dead_reason,
          'status_code', redeliver_where.status_code, 'since', redeliver_where.since, 'until', redeliver_where.until));
        INSERT INTO postback.redelivery_batches (id, filter, include_delivered, rate_per_second, actor)
        VALUES (batch, filter, redeliver_where.include_delivered, redeliver_where.rate_per_second, 'sql:' || session_user);
        PERFORM postback.write_sql_audit('redelivery.create', batch, redeliver_where.tenant, NULL, json_build_object(
          'filter', filter, 'includeDelivered', redeliver_where.include_delivered, 'ratePerSecond', redeliver_where.rate_per_second));
        PERFORM pg_notify('postback_wake_up', 'redelivery -');
        RETURN batch;
      END $$;

      CREATE FUNCTION postback.cancel_redelivery(batch_id uuid) RETURNS text LANGUAGE plpgsql
        SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
      BEGIN
        UPDATE postback.redelivery_batches SET state = 'canceled', finished_at = now() WHERE id = batch_id AND state = 'running';
        IF FOUND THEN
          PERFORM postback.write_sql_audit('redelivery.cancel', batch_id, NULL, '{"state":"running"}', '{"state":"canceled"}');
        END IF;
        RETURN coalesce((SELECT state FROM postback.redelivery_batches WHERE id = batch_id), 'unknown');
      END $$;
      COMMENT ON FUNCTION postback.cancel_redelivery(uuid) IS
        'Stops a bulk redelivery; what it has sent on its way stays so. Returns its state then: canceled, completed (it was done) or unknown.';

      CREATE FUNCTION postback.endpoint_state(endpoint_id uuid) RETURNS json LANGUAGE sql STABLE AS $$
        SELECT json_build_object('tenant', tenant, 'url', split_part(url, '?', 1), 'state', state, 'state_reason', state_reason, 'breaker', breaker)
          FROM postback.webhook_endpoints WHERE id = endpoint_id AND deleted_at IS NULL $$;
      COMMENT ON FUNCTION postback.endpoint_state(uuid) IS 'What the audit log shows of an endpoint that an operator moves.';

      CREATE FUNCTION postback.pause_endpoint(endpoint_id uuid, reason text DEFAULT NULL) RETURNS text LANGUAGE plpgsql
        SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
      DECLARE before json := postback.endpoint_state(endpoint_id); after json; state text;
      BEGIN
        state := postback.pause_endpoint_row(endpoint_id, reason);
        after := postback.endpoint_state(endpoint_id);
        IF before::text <> after::text THEN
          PERFORM postback.write_sql_audit('endpoint.pause', endpoint_id, after->>'tenant', before, after);
        END IF;
        RETURN state;
      END $$;
      COMMENT ON FUNCTION postback.pause_endpoint(uuid, text) IS
        'Stops sending to an endpoint; what is for it waits. Returns its state then: paused, disabled (it was, and stays so) or unknown.';

      CREATE FUNCTION postback.resume_endpoint(endpoint_id uuid) RETURNS text LANGUAGE plpgsql
        SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
      DECLARE before json := postback.endpoint_state(endpoint_id); after json; state text;
      BEGIN
        state := postback.resume_endpoint_row(endpoint_id);
        after := postback.endpoint_state(endpoint_id);
        IF before::text <> after::text THEN
          PERFORM postback.write_sql_audit('endpoint.resume', endpoint_id, after->>'tenant', before, after);
        END IF;
        RETURN state;
      END $$;
      COMMENT ON FUNCTION postback.resume_endpoint(uuid) IS
        'Sends to an endpoint again, whether it was paused, disabled or kept failing. Returns active or unknown.';

      -- what runs with its owner's rights is for those that are named, not for everybody
      REVOKE ALL ON FUNCTION postback.redeliver(uuid), postback.cancel_redelivery(uuid), postback.pause_endpoint(uuid, text), postback.resume_endpoint(uuid),
        postback.redeliver_where(uuid, text, uuid, text, text, integer, timestamptz, timestamptz, boolean, integer) FROM PUBLIC;

      -- the query of a URL is where callers put ids and tokens
      CREATE OR REPLACE VIEW postback.dead_letters AS
        SELECT o.id, o.event_id, e.type AS event_type, o.tenant, o.task_id, o.endpoint_id, split_part(o.url, '?', 1) AS url, o.dead_reason,
               o.last_status_code, o.last_error, o.attempts, o.created_at, o.dead_at, e.body IS NOT NULL AS can_be_sent_again
          FROM postback.webhook_outbox o LEFT JOIN postback.webhook_events e ON e.id = o.event_id
         WHERE o.status = 'dead';
      CREATE OR REPLACE VIEW postback.endpoint_health AS
        SELECT e.id, e.tenant, e.kind, split_part(e.url, '?', 1) AS url, e.state, e.state_reason, e.breaker, e.breaker_opened_at, e.consecutive_failures,
               e.last_status_code, e.last_success_at, e.last_failure_at, e.latency_ms, e.slow_until,
               (SELECT count(*) FROM postback.webhook_outbox o WHERE o.endpoint_id = e.id AND o.status IN ('pending', 'delivering')) AS waiting,
               (SELECT count(*) FROM postback.webhook_outbox o WHERE o.endpoint_id = e.id AND o.status = 'held') AS held,
               (SELECT count(*) FROM postback.webhook_outbox o WHERE o.endpoint_id = e.id AND o.status = 'dead') AS dead
          FROM postback.webhook_endpoints e WHERE e.deleted_at IS NULL;
      COMMENT ON COLUMN postback.dead_letters.url IS 'Where it was sent, without the query';
      COMMENT ON COLUMN postback.endpoint_health.url IS 'Where it is, without the query';
      COMMENT ON COLUMN postback.audit_log.actor IS 'Who: the name of the API key, the command, or sql: and the database user';
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE OR REPLACE VIEW postback.endpoint_health AS
        SELECT e.id, e.tenant, e.kind, e.url, e.state, e.state_reason, e.breaker, e.breaker_opened_at, e.consecutive_failures, e.last_status_code,
               e.last_success_at, e.last_failure_at, e.latency_ms, e.slow_until,
               (SELECT count(*) FROM postback.webhook_outbox o WHERE o.endpoint_id = e.id AND o.status IN ('pending', 'delivering')) AS waiting,
               (SELECT count(*) FROM postback.webhook_outbox o WHERE o.endpoint_id = e.id AND o.status = 'held') AS held,
               (SELECT count(*) FROM postback.webhook_outbox o WHERE o.endpoint_id = e.id AND o.status = 'dead') AS dead
          FROM postback.webhook_endpoints e WHERE e.deleted_at IS NULL;
      CREATE OR REPLACE VIEW postback.dead_letters AS
        SELECT o.id, o.event_id, e.type AS event_type, o.tenant, o.task_id, o.endpoint_id, o.url, o.dead_reason, o.last_status_code, o.last_error,
               o.attempts, o.created_at, o.dead_at, e.body IS NOT NULL AS can_be_sent_again
          FROM postback.webhook_outbox o LEFT JOIN postback.webhook_events e ON e.id = o.event_id
         WHERE o.status = 'dead';

      DROP FUNCTION postback.resume_endpoint(uuid), postback.pause_endpoint(uuid, text), postback.endpoint_state(uuid), postback.cancel_redelivery(uuid);
      ALTER FUNCTION postback.pause_endpoint_row(uuid, text) RENAME TO pause_endpoint;
      ALTER FUNCTION postback.resume_endpoint_row(uuid) RENAME TO resume_endpoint;

      CREATE OR REPLACE FUNCTION postback.redeliver(outbox_id uuid) RETURNS text LANGUAGE plpgsql AS $$
      DECLARE outcome text := postback.redeliver_row(outbox_id, 'manual');
      BEGIN
        IF outcome = 'queued' THEN PERFORM pg_notify('postback_wake_up', 'delivery-due -'); END IF;
        RETURN outcome;
      END $$;

      CREATE OR REPLACE FUNCTION postback.redeliver_where(
        endpoint_id uuid DEFAULT NULL, tenant text DEFAULT NULL, task_id uuid DEFAULT NULL, event_type text DEFAULT NULL,
        dead_reason text DEFAULT NULL, status_code integer DEFAULT NULL, since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL,
        include_delivered boolean DEFAULT false, rate_per_second integer DEFAULT NULL
      ) RETURNS uuid LANGUAGE plpgsql AS $$
      #variable_conflict use_column
      DECLARE batch uuid := gen_random_uuid();
      BEGIN
        INSERT INTO postback.redelivery_batches (id, filter, include_delivered, rate_per_second, actor)
        VALUES (batch,
                jsonb_strip_nulls(jsonb_build_object(
                  'endpoint_id', redeliver_where.endpoint_id, 'tenant', redeliver_where.tenant, 'task_id', redeliver_where.task_id,
                  'event_type', redeliver_where.event_type, 'dead_reason', redeliver_where.dead_reason,
                  'status_code', redeliver_where.status_code, 'since', redeliver_where.since, 'until', redeliver_where.until)),
                redeliver_where.include_delivered, redeliver_where.rate_per_second, 'sql:' || session_user);
        PERFORM pg_notify('postback_wake_up', 'redelivery -');
        RETURN batch;
      END $$;
      DROP FUNCTION postback.write_sql_audit(text, uuid, text, json, json);
      GRANT EXECUTE ON FUNCTION postback.redeliver(uuid),
        postback.redeliver_where(uuid, text, uuid, text, text, integer, timestamptz, timestamptz, boolean, integer) TO PUBLIC;
    `);
  }
}
