import type { MigrationInterface, QueryRunner } from 'typeorm';
import { comments } from './support/comments.js';

/** Endpoints, secrets, events to send, the outbox and its attempts. */
export class CreateWebhooks1795449600002 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE postback.webhook_endpoints (
        id                   uuid PRIMARY KEY,
        tenant               text NOT NULL,
        kind                 text NOT NULL,
        url                  text NOT NULL,
        origin               text NOT NULL,
        state                text NOT NULL DEFAULT 'active',
        state_reason         text,
        state_changed_at     timestamptz NOT NULL DEFAULT now(),
        consecutive_failures integer NOT NULL DEFAULT 0,
        last_status_code     integer,
        last_success_at      timestamptz,
        last_failure_at      timestamptz,
        created_at           timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT webhook_endpoints_kind_known CHECK (kind IN ('registered', 'ad_hoc')),
        CONSTRAINT webhook_endpoints_state_known CHECK (state IN ('active', 'paused', 'disabled'))
      );
      -- a submit finds the endpoint of its webhook_url, or makes it
      CREATE UNIQUE INDEX webhook_endpoints_ad_hoc ON postback.webhook_endpoints (tenant, url) WHERE kind = 'ad_hoc';

      CREATE TABLE postback.webhook_secrets (
        id            uuid PRIMARY KEY,
        tenant        text NOT NULL,
        fingerprint   bytea NOT NULL,
        sealed        bytea NOT NULL,
        master_key_id text NOT NULL,
        created_at    timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT webhook_secrets_once UNIQUE (tenant, fingerprint)
      );

      CREATE TABLE postback.webhook_events (
        id         uuid PRIMARY KEY,
        tenant     text NOT NULL,
        task_id    uuid NOT NULL,
        type       text NOT NULL,
        body       text,
        thin_body  text,
        traceparent text,
        created_at timestamptz NOT NULL DEFAULT now(),
        purged_at  timestamptz,
        CONSTRAINT webhook_events_body_until_purged CHECK ((body IS NULL) = (purged_at IS NOT NULL))
      );
      CREATE INDEX webhook_events_by_task ON postback.webhook_events (task_id);

      -- what was committed is what is signed and sent: a body may be purged, never changed
      CREATE FUNCTION postback.keep_webhook_body() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF (NEW.body IS NOT NULL AND NEW.body IS DISTINCT FROM OLD.body)
          OR (NEW.thin_body IS NOT NULL AND NEW.thin_body IS DISTINCT FROM OLD.thin_body) THEN
          RAISE EXCEPTION 'webhook_events.body is immutable once written (event %)', OLD.id
            USING HINT = 'It may only be purged: SET body = NULL, thin_body = NULL, purged_at = now().';
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER webhook_events_immutable BEFORE UPDATE ON postback.webhook_events
        FOR EACH ROW EXECUTE FUNCTION postback.keep_webhook_body();

      -- no foreign keys: a hot child must not lock its parent's row at every insert
      CREATE TABLE postback.webhook_outbox (
        id               uuid PRIMARY KEY,
        event_id         uuid NOT NULL,
        endpoint_id      uuid NOT NULL,
        tenant           text NOT NULL,
        task_id          uuid NOT NULL,
        url              text NOT NULL,
        secret_id        uuid NOT NULL,
        status           text NOT NULL DEFAULT 'pending',
        attempts         integer NOT NULL DEFAULT 0,
        attempts_charged integer NOT NULL DEFAULT 0,
        max_attempts     integer NOT NULL,
        next_attempt_at  timestamptz DEFAULT now(),
        next_trigger     text NOT NULL DEFAULT 'schedule',
        uncharged_streak smallint NOT NULL DEFAULT 0,
        lost_streak      smallint NOT NULL DEFAULT 0,
        lease_token      uuid,
        claimed_by       uuid,
        claimed_at       timestamptz,
        last_status_code integer,
        last_error       text,
        dead_reason      text,
        created_at       timestamptz NOT NULL DEFAULT now(),
        delivered_at     timestamptz,
        dead_at          timestamptz,
        CONSTRAINT webhook_outbox_once UNIQUE (event_id, endpoint_id),
        CONSTRAINT webhook_outbox_status_known CHECK (status IN ('pending', 'delivering', 'held', 'delivered', 'dead')),
        CONSTRAINT webhook_outbox_next_trigger_known CHECK (next_trigger IN ('schedule', 'manual', 'bulk')),
        CONSTRAINT webhook_outbox_dead_reason_known CHECK (dead_reason IN ('exhausted', 'gone', 'blocked_target', 'payload_rejected',
          'endpoint_deleted', 'undeliverable', 'crash_loop', 'held_too_long')),
        CONSTRAINT webhook_outbox_reason_when_dead CHECK ((dead_reason IS NOT NULL) = (status = 'dead')),
        CONSTRAINT webhook_outbox_lease_while_delivering CHECK ((lease_token IS NOT NULL) = (status = 'delivering')),
        CONSTRAINT webhook_outbox_due_while_waiting CHECK (next_attempt_at IS NOT NULL OR status NOT IN ('pending', 'delivering'))
      );
      -- the claim: what is due, oldest first; delivered rows leave it, so history costs nothing
      CREATE INDEX webhook_outbox_due ON postback.webhook_outbox (next_attempt_at, endpoint_id)
        WHERE status IN ('pending', 'delivering');
      -- GET /tasks/:id and the deliveries of one task
      CREATE INDEX webhook_outbox_by_task ON postback.webhook_outbox (task_id);
      -- GET /admin/outbox, newest first
      CREATE INDEX webhook_outbox_page ON postback.webhook_outbox (created_at DESC, id DESC);
      -- GET /admin/outbox?status=dead|held: the shelf an admin looks at, small beside the delivered ones
      CREATE INDEX webhook_outbox_shelf ON postback.webhook_outbox (created_at DESC, id DESC) WHERE status IN ('dead', 'held');

      -- whether an endpoint still has dead rows: its alert stays open until none is left
      CREATE INDEX webhook_outbox_dead_by_endpoint ON postback.webhook_outbox (endpoint_id) WHERE status = 'dead';

      CREATE TABLE postback.webhook_attempts (
        outbox_id        uuid NOT NULL,
        attempt          integer NOT NULL,
        trigger          text NOT NULL,
        started_at       timestamptz NOT NULL,
        duration_ms      integer,
        outcome          text NOT NULL,
        charged          boolean NOT NULL,
        status_code      integer,
        error_code       text,
        error            text,
        response_excerpt text,
        claimed_by       uuid,
        PRIMARY KEY (outbox_id, attempt),
        CONSTRAINT webhook_attempts_trigger_known CHECK (trigger IN ('schedule', 'manual', 'bulk')),
        CONSTRAINT webhook_attempts_outcome_known CHECK (outcome IN ('delivered', 'rejected', 'gone', 'too_large', 'throttled', 'timed_out',
          'outcome_unknown', 'unreachable', 'blocked', 'not_sent', 'released', 'unknown'))
      );

      -- UPDATE postback.webhook_outbox SET status = 'pending', next_attempt_at = now() WHERE ... by hand gives the row a full
      -- new schedule. Our own finish clears lease_token itself; a hand that does not know of leases leaves it as it was,
      -- which is how the two are told apart and a row in flight is protected.
      CREATE FUNCTION postback.repair_outbox_row() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF OLD.status = 'delivering' AND NEW.lease_token IS NOT DISTINCT FROM OLD.lease_token THEN
          RAISE EXCEPTION 'webhook_outbox row % is being sent', OLD.id
            USING HINT = format('Wait until its lease ends (%s) or add WHERE status <> ''delivering''.', OLD.next_attempt_at);
        END IF;
        IF OLD.status IN ('dead', 'delivered', 'held') THEN
          NEW.attempts_charged := 0;
          NEW.uncharged_streak := 0;
          NEW.lost_streak := 0;
          NEW.dead_reason := NULL;
          NEW.dead_at := NULL;
          NEW.next_attempt_at := coalesce(NEW.next_attempt_at, now());
          IF NEW.next_trigger = 'schedule' THEN NEW.next_trigger := 'manual'; END IF;
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER webhook_outbox_repair BEFORE UPDATE OF status ON postback.webhook_outbox
        FOR EACH ROW WHEN (NEW.status = 'pending') EXECUTE FUNCTION postback.repair_outbox_row();
    `);
    await queryRunner.query(
      [
        comments('webhook_endpoints', 'Where webhooks go: registered through the API, or ad hoc, made from the webhook_url of a submit.', {
          id: 'UUIDv7',
          tenant: 'Owner',
          kind: 'registered or ad_hoc',
          url: 'Registered: the full URL. Ad hoc: scheme, host, port and path, without the query',
          origin: 'scheme://host:port; endpoints of one origin share its limits',
          state: 'active, paused (by hand) or disabled; only active endpoints are sent to',
          state_reason: 'Why it is paused or disabled',
          state_changed_at: 'Since when',
          consecutive_failures: 'Charged failures since the last success',
          last_status_code: 'HTTP status of the last answer',
          last_success_at: 'Last 2xx',
          last_failure_at: 'Last charged failure',
          created_at: 'When it was first named',
        }),
        comments('webhook_secrets', "Callers' signing secrets, encrypted; one row per tenant and secret.", {
          id: 'UUIDv7; bound into the encryption as associated data',
          tenant: 'Owner; bound into the encryption as associated data',
          fingerprint: 'Keyed HMAC of the secret: finds the row without decrypting',
          sealed: 'AES-256-GCM envelope',
          master_key_id: 'Which master key sealed it',
          created_at: 'When it was first used',
        }),
        comments('webhook_events', 'Events as they are sent: the stored text is what is signed and what goes over the wire.', {
          id: 'The webhook-id header; equals task_events.id',
          tenant: 'Owner',
          task_id: 'tasks.id',
          type: 'task.completed, task.failed, task.error, task.canceled or task.expired',
          body: 'Exact bytes (UTF-8) of the request body; null once purged',
          thin_body: 'Short form with a link to the result, for results too large to send',
          traceparent: 'W3C trace context of the submit; sent along',
          created_at: 'When the event was committed; the timestamp field of the body',
          purged_at: 'When the body was removed by retention or erasure',
        }),
        comments('webhook_outbox', 'Deliveries: one event for one endpoint. Written in the commit that ends the task.', {
          id: 'UUIDv7; the webhook-delivery-id header',
          event_id: 'webhook_events.id; the webhook-id header, the same over retries and redelivery',
          endpoint_id: 'webhook_endpoints.id',
          tenant: 'Owner',
          task_id: 'tasks.id',
          url: 'Exact URL the webhook is sent to',
          secret_id: 'webhook_secrets.id of the secret that signs it',
          status: 'pending, delivering (under a lease), held (endpoint blocked), delivered, dead (waits for a person)',
          attempts: 'Claims so far, never refunded; the webhook-attempt header and the key of webhook_attempts',
          attempts_charged: 'Attempts the receiver is to blame for; the position in the retry schedule; a redelivery starts it anew at 0',
          max_attempts: 'Dead (exhausted) when attempts_charged reaches this; retries + 1',
          next_attempt_at: 'pending: not sent before. delivering: when the lease ends and another dispatcher may take over',
          next_trigger: 'What the next attempt is due to: schedule, manual or bulk',
          uncharged_streak: 'Attempts in a row that failed by our own fault; gives their back-off',
          lost_streak: 'Leases in a row that ran out without a finish; five make it dead (crash_loop)',
          lease_token: 'Fence: the finish of an attempt must carry it; null unless delivering',
          claimed_by: 'processes.id of the dispatcher that holds or held the lease',
          claimed_at: 'When the present or last lease was taken',
          last_status_code: 'HTTP status of the last answer, if there was one',
          last_error: 'Last failure in one line',
          dead_reason: 'exhausted, gone, blocked_target, payload_rejected, endpoint_deleted, undeliverable, crash_loop or held_too_long',
          created_at: 'When the event was committed',
          delivered_at: 'First 2xx; kept by later redeliveries',
          dead_at: 'When it was given up',
        }),
        comments('webhook_attempts', 'Every HTTP try of every delivery, immutable.', {
          outbox_id: 'webhook_outbox.id',
          attempt: '1, 2, 3 ...; the webhook-attempt header',
          trigger: 'schedule, manual (redelivered by a person) or bulk',
          started_at: 'When the lease was taken',
          duration_ms: 'From sign to outcome, in ms; null when it was never observed',
          outcome: 'delivered, rejected, timed_out ...: the closed set of src/webhooks/delivery/outcome.ts',
          charged: 'Whether it counts in attempts_charged',
          status_code: 'HTTP status, if there was an answer',
          error_code: 'Stable word for what went wrong',
          error: 'The same as a sentence',
          response_excerpt: 'At most 16 KB of the decoded response body',
          claimed_by: 'processes.id of the dispatcher',
        }),
      ].join('\n'),
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP TABLE postback.webhook_attempts;
      DROP TABLE postback.webhook_outbox;
      DROP FUNCTION postback.repair_outbox_row();
      DROP TABLE postback.webhook_events;
      DROP FUNCTION postback.keep_webhook_body();
      DROP TABLE postback.webhook_secrets;
      DROP TABLE postback.webhook_endpoints;
    `);
  }
}
