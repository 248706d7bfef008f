import type { MigrationInterface, QueryRunner } from 'typeorm';
import { comments } from './support/comments.js';

/** Functions with which a DBA repairs, and which the admin API itself calls. */
export class RepairInSql1795550000002 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      -- The rule of a redelivery, in one place. Compare-and-set: what is in flight or on its schedule does not move.
      CREATE FUNCTION postback.redeliver_row(outbox_id uuid, due_to text) RETURNS text LANGUAGE plpgsql AS $$
      DECLARE moved text; found record;
      BEGIN
        UPDATE postback.webhook_outbox o
           SET status = b.status, held_at = CASE b.status WHEN 'held' THEN coalesce(o.held_at, now()) END, next_attempt_at = now(),
               next_trigger = due_to, attempts_charged = 0, uncharged_streak = 0, lost_streak = 0, dead_reason = NULL, dead_at = NULL
          FROM (
            SELECT r.id, CASE WHEN e.state <> 'active' OR e.breaker <> 'closed' THEN 'held' ELSE 'pending' END AS status
              FROM postback.webhook_outbox r
              JOIN postback.webhook_endpoints e ON e.id = r.endpoint_id AND e.deleted_at IS NULL
              JOIN postback.webhook_events v ON v.id = r.event_id AND v.body IS NOT NULL
             WHERE r.id = outbox_id
          ) b
         WHERE o.id = b.id AND o.status IN ('dead', 'delivered', 'held')
        RETURNING o.status INTO moved;
        IF moved IS NOT NULL THEN RETURN CASE moved WHEN 'held' THEN 'held' ELSE 'queued' END; END IF;
        SELECT o.status, e.id IS NULL OR e.deleted_at IS NOT NULL AS deleted, v.body IS NULL AS purged INTO found
          FROM postback.webhook_outbox o
          LEFT JOIN postback.webhook_endpoints e ON e.id = o.endpoint_id
          LEFT JOIN postback.webhook_events v ON v.id = o.event_id
         WHERE o.id = outbox_id;
        RETURN CASE
          WHEN found.status IS NULL THEN 'unknown'
          WHEN found.status = 'delivering' THEN 'in_flight'
          WHEN found.status = 'pending' THEN 'waiting_already'
          WHEN found.deleted THEN 'endpoint_deleted'
          WHEN found.purged THEN 'body_purged'
          ELSE 'in_flight' -- it was when we asked, and has come to rest since
        END;
      END $$;

      CREATE FUNCTION postback.redeliver(outbox_id uuid) RETURNS text LANGUAGE plpgsql AS $$
      DECLARE outcome text := postback.redeliver_row(outbox_id, 'manual');
      BEGIN
        IF outcome = 'queued' THEN PERFORM pg_notify('postback_wake_up', 'delivery-due -'); END IF;
        RETURN outcome;
      END $$;

      CREATE FUNCTION postback.redeliver_where(
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

      CREATE FUNCTION postback.pause_endpoint(endpoint_id uuid, reason text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
        WITH moved AS (
          UPDATE postback.webhook_endpoints
             SET state = CASE WHEN state = 'disabled' THEN state ELSE 'paused' END, -- disabled says more, and why
                 state_reason = CASE WHEN state = 'disabled' THEN state_reason ELSE coalesce(reason, 'Paused by an operator.') END,
                 state_changed_at = CASE WHEN state = 'active' THEN now() ELSE state_changed_at END,
                 updated_at = CASE WHEN state = 'disabled' THEN updated_at ELSE now() END
           WHERE id = endpoint_id AND deleted_at IS NULL
          RETURNING state
        )
        SELECT coalesce((SELECT state FROM moved), 'unknown') $$;

      CREATE FUNCTION postback.resume_endpoint(endpoint_id uuid) RETURNS text LANGUAGE sql AS $$
        WITH moved AS (
          UPDATE postback.webhook_endpoints
             SET state = 'active', state_reason = NULL, state_changed_at = CASE WHEN state = 'active' THEN state_changed_at ELSE now() END,
                 updated_at = now(), consecutive_failures = 0, slow_until = NULL,
                 breaker = 'closed', breaker_failing_since = NULL, breaker_opened_at = NULL, breaker_probe_at = NULL, breaker_probes = 0
           WHERE id = endpoint_id AND deleted_at IS NULL
          RETURNING state
        ), told AS (SELECT pg_notify('postback_wake_up', 'delivery-due -') FROM moved)
        SELECT coalesce((SELECT state FROM moved), 'unknown') FROM (SELECT count(*) FROM told) done $$;

      COMMENT ON FUNCTION postback.redeliver_row(uuid, text) IS
        'The rule behind every redelivery of one row; due_to is manual or bulk. Use postback.redeliver.';
      COMMENT ON FUNCTION postback.redeliver(uuid) IS
        'Sends an outbox row again: same event id and body, a full new schedule. Returns queued, held (its endpoint is blocked), or why not: unknown, in_flight, waiting_already, body_purged, endpoint_deleted.';
      COMMENT ON FUNCTION postback.redeliver_where(uuid, text, uuid, text, text, integer, timestamptz, timestamptz, boolean, integer) IS
        'Sends all dead rows again that match every argument given, delivered ones too with include_delivered. Returns the id of the redelivery_batches row; the service does the work from there, and its progress is in that row.';
      COMMENT ON FUNCTION postback.pause_endpoint(uuid, text) IS
        'Stops sending to an endpoint; what is for it waits. Returns its state then: paused, disabled (it was, and stays so) or unknown.';
      COMMENT ON FUNCTION postback.resume_endpoint(uuid) IS
        'Sends to an endpoint again, whether it was paused, disabled or kept failing. Returns active or unknown.';

      -- one arm per status, each on the partial index of that status; delivered rows are in none of them
      CREATE VIEW postback.outbox_health AS
        SELECT 'pending' AS status, count(*) AS rows, min(next_attempt_at) AS oldest FROM postback.webhook_outbox WHERE status = 'pending'
        UNION ALL
        SELECT 'delivering', count(*), min(claimed_at) FROM postback.webhook_outbox WHERE status = 'delivering'
        UNION ALL
        SELECT 'held', count(*), min(held_at) FROM postback.webhook_outbox WHERE status = 'held'
        UNION ALL
        SELECT 'dead', count(*), min(dead_at) FROM postback.webhook_outbox WHERE status = 'dead';

      CREATE VIEW postback.dead_letters AS
        SELECT o.id, o.event_id, e.type AS event_type, o.tenant, o.task_id, o.endpoint_id, o.url, o.dead_reason, o.last_status_code, o.last_error,
               o.attempts, o.created_at, o.dead_at, e.body IS NOT NULL AS can_be_sent_again
          FROM postback.webhook_outbox o LEFT JOIN postback.webhook_events e ON e.id = o.event_id
         WHERE o.status = 'dead';

      CREATE VIEW postback.endpoint_health AS
        SELECT e.id, e.tenant, e.kind, e.url, e.state, e.state_reason, e.breaker, e.breaker_opened_at, e.consecutive_failures, e.last_status_code,
               e.last_success_at, e.last_failure_at, e.latency_ms, e.slow_until,
               (SELECT count(*) FROM postback.webhook_outbox o WHERE o.endpoint_id = e.id AND o.status IN ('pending', 'delivering')) AS waiting,
               (SELECT count(*) FROM postback.webhook_outbox o WHERE o.endpoint_id = e.id AND o.status = 'held') AS held,
               (SELECT count(*) FROM postback.webhook_outbox o WHERE o.endpoint_id = e.id AND o.status = 'dead') AS dead
          FROM postback.webhook_endpoints e WHERE e.deleted_at IS NULL;

      CREATE VIEW postback.stuck_tasks AS
        SELECT t.id, t.tenant, t.type, t.status, t.runs, t.interruptions, t.worker_id, t.created_at, t.started_at, t.next_run_at,
               p.heartbeat_at AS worker_heartbeat_at,
               CASE WHEN t.status = 'queued' THEN 'queued for more than ten minutes beyond its time'
                    WHEN p.id IS NULL THEN 'its worker is gone'
                    ELSE 'its worker has not been heard of for a minute' END AS why
          FROM postback.tasks t LEFT JOIN postback.processes p ON p.id = t.worker_id
         WHERE (t.status = 'queued' AND t.next_run_at < now() - interval '10 minutes')
            OR (t.status IN ('running', 'canceling') AND (p.id IS NULL OR p.heartbeat_at < now() - interval '1 minute'));

      CREATE VIEW postback.delivery_latency AS
        SELECT date_trunc('hour', created_at) AS hour, count(*) AS delivered,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM delivered_at - created_at)) AS p50_seconds,
               percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM delivered_at - created_at)) AS p95_seconds,
               percentile_cont(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM delivered_at - created_at)) AS p99_seconds
          FROM postback.webhook_outbox
         WHERE created_at >= now() - interval '24 hours' AND delivered_at IS NOT NULL
         GROUP BY 1;

      -- GET /admin/tasks, over all tenants
      CREATE INDEX tasks_page ON postback.tasks (created_at DESC, id DESC);
    `);
    await queryRunner.query(
      [
        comments('outbox_health', 'How many outbox rows wait, and since when; delivered ones are not counted.', {
          status: 'pending, delivering, held or dead',
          rows: 'How many',
          oldest: 'pending: earliest due time. delivering: earliest claim. held, dead: since when the oldest is',
        }),
        comments('dead_letters', 'Outbox rows that were given up and wait for a person.', {
          id: 'webhook_outbox.id, for postback.redeliver',
          event_id: 'The webhook-id header',
          event_type: 'task.completed and its like',
          tenant: 'Owner',
          task_id: 'tasks.id',
          endpoint_id: 'webhook_endpoints.id',
          url: 'Where it was sent',
          dead_reason: 'Why it was given up',
          last_status_code: 'HTTP status of the last answer',
          last_error: 'Last failure in one line',
          attempts: 'HTTP tries',
          created_at: 'When the event was committed',
          dead_at: 'When it was given up',
          can_be_sent_again: 'False once retention or erasure removed the body',
        }),
        comments('endpoint_health', 'Every endpoint with what it did last and what waits for it.', {
          id: 'webhook_endpoints.id',
          tenant: 'Owner',
          kind: 'registered or ad_hoc',
          url: 'Where it is',
          state: 'active, paused or disabled',
          state_reason: 'Why it is paused or disabled',
          breaker: 'closed, open or half_open',
          breaker_opened_at: 'When the breaker opened',
          consecutive_failures: 'Charged failures since the last success',
          last_status_code: 'HTTP status of the last answer',
          last_success_at: 'Last 2xx',
          last_failure_at: 'Last charged failure',
          latency_ms: 'Moving average of the time to an answer',
          slow_until: 'Nothing is sent before: it answered 429 or 503',
          waiting: 'Rows pending or delivering',
          held: 'Rows held',
          dead: 'Dead rows',
        }),
        comments('stuck_tasks', 'Tasks that do not get on: queued long beyond their time, or run by a worker that is not heard of.', {
          id: 'tasks.id',
          tenant: 'Owner',
          type: 'Task type',
          status: 'queued, running or canceling',
          runs: 'Runs so far',
          interruptions: 'Runs that were cut off by our own doing',
          worker_id: 'processes.id of its worker',
          created_at: 'When it was accepted',
          started_at: 'When it first ran',
          next_run_at: 'Not run before',
          worker_heartbeat_at: 'When its worker was last heard of',
          why: 'What is wrong, as a sentence',
        }),
        comments('delivery_latency', 'From the commit of an event to its first 2xx, by hour, over the last 24 hours.', {
          hour: 'Hour in which the events were committed',
          delivered: 'Rows that arrived',
          p50_seconds: 'Median',
          p95_seconds: '95th percentile',
          p99_seconds: '99th percentile',
        }),
      ]
        .join('\n')
        .replaceAll(/COMMENT ON TABLE/g, 'COMMENT ON VIEW'),
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP INDEX postback.tasks_page;
      DROP VIEW postback.delivery_latency, postback.stuck_tasks, postback.endpoint_health, postback.dead_letters, postback.outbox_health;
      DROP FUNCTION postback.resume_endpoint(uuid), postback.pause_endpoint(uuid, text),
        postback.redeliver_where(uuid, text, uuid, text, text, integer, timestamptz, timestamptz, boolean, integer),
        postback.redeliver(uuid), postback.redeliver_row(uuid, text);
    `);
  }
}
