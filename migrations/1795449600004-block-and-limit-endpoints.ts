import type { MigrationInterface, QueryRunner } from 'typeorm';
import { comments } from './support/comments.js';

/** What registered endpoints are set to, limits and breakers of all endpoints, and the shelf for rows that must wait for one. */
export class BlockAndLimitEndpoints1795449600004 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE postback.webhook_endpoints
        ADD COLUMN description                text,
        ADD COLUMN events                     text[],
        ADD COLUMN headers                    json,
        ADD COLUMN timeout_ms                 integer,
        ADD COLUMN retry                      json,
        ADD COLUMN max_in_flight              integer,
        ADD COLUMN rate_per_second            double precision,
        ADD COLUMN rate_next_at               timestamptz,
        ADD COLUMN secret_id                  uuid,
        ADD COLUMN previous_secret_id         uuid,
        ADD COLUMN previous_secret_expires_at timestamptz,
        ADD COLUMN slow_until                 timestamptz,
        ADD COLUMN latency_ms                 real,
        ADD COLUMN breaker                    text NOT NULL DEFAULT 'closed',
        ADD COLUMN breaker_failing_since      timestamptz,
        ADD COLUMN breaker_opened_at          timestamptz,
        ADD COLUMN breaker_probe_at           timestamptz,
        ADD COLUMN breaker_probes             integer NOT NULL DEFAULT 0,
        ADD COLUMN updated_at                 timestamptz NOT NULL DEFAULT now(),
        ADD COLUMN deleted_at                 timestamptz,
        ADD CONSTRAINT webhook_endpoints_breaker_known CHECK (breaker IN ('closed', 'open', 'half_open')),
        ADD CONSTRAINT webhook_endpoints_probe_while_open CHECK ((breaker = 'closed') = (breaker_probe_at IS NULL)),
        ADD CONSTRAINT webhook_endpoints_secret_when_registered CHECK (kind = 'ad_hoc' OR secret_id IS NOT NULL);
      -- GET /webhook-endpoints, newest first
      CREATE INDEX webhook_endpoints_page ON postback.webhook_endpoints (tenant, created_at DESC, id DESC)
        WHERE kind = 'registered' AND deleted_at IS NULL;
      -- the sweep: endpoints that may not be sent to; few among many
      CREATE INDEX webhook_endpoints_blocked ON postback.webhook_endpoints (id)
        WHERE state <> 'active' OR breaker <> 'closed' OR deleted_at IS NOT NULL;

      ALTER TABLE postback.webhook_outbox
        ADD COLUMN held_at timestamptz,
        ADD COLUMN thin    boolean NOT NULL DEFAULT false,
        ADD CONSTRAINT webhook_outbox_held_since CHECK ((held_at IS NOT NULL) = (status = 'held'));
      -- the claim: the due rows of one endpoint, so that a neighbour's backlog is never walked over
      CREATE INDEX webhook_outbox_endpoint_due ON postback.webhook_outbox (endpoint_id, next_attempt_at)
        WHERE status IN ('pending', 'delivering');
      -- the caps: what is on its way to an endpoint right now
      CREATE INDEX webhook_outbox_in_flight ON postback.webhook_outbox (endpoint_id) WHERE status = 'delivering';
      -- the sweep: what waits for an endpoint, longest first
      CREATE INDEX webhook_outbox_held ON postback.webhook_outbox (endpoint_id, held_at) WHERE status = 'held';

      -- as before, and the shelf's date goes with the shelf
      CREATE OR REPLACE FUNCTION postback.repair_outbox_row() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF OLD.status = 'delivering' AND NEW.lease_token IS NOT DISTINCT FROM OLD.lease_token THEN
          RAISE EXCEPTION 'webhook_outbox row % is being sent', OLD.id
            USING HINT = format('Wait until its lease ends (%s) or add WHERE status <> ''delivering''.', OLD.next_attempt_at);
        END IF;
        IF OLD.status = 'held' AND NEW.next_trigger = 'schedule' AND NEW.held_at IS NULL THEN
          RETURN NEW; -- released by the sweep, which clears held_at itself: the schedule goes on where it stood
        END IF;
        NEW.held_at := NULL;
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
    `);
    await queryRunner.query(
      [
        comments('webhook_endpoints', 'Where webhooks go: registered through the API, or ad hoc, made from the webhook_url of a submit.', {
          description: "The owner's own words",
          events: 'Event types a registered endpoint gets; null: every terminal one',
          headers: 'Extra request headers of a registered endpoint, as a JSON object',
          timeout_ms: 'Time for one attempt, in ms; null: POSTBACK_DELIVERY_TIMEOUT_MS',
          retry: 'Retry schedule of its own: {base_ms, factor, cap_ms, max_retries, immediate, jitter}; null: that of the service',
          max_in_flight: 'Requests at once, over all dispatchers; null: POSTBACK_ENDPOINT_MAX_IN_FLIGHT',
          rate_per_second: 'Requests per second, over all dispatchers; null: no limit',
          rate_next_at: 'When the next request may leave under rate_per_second',
          secret_id: 'webhook_secrets.id that signs for a registered endpoint',
          previous_secret_id: 'The secret before it, which signs as well until previous_secret_expires_at',
          previous_secret_expires_at: 'End of the overlap of a rotation',
          slow_until: 'Nothing is sent before: the receiver answered 429 or 503',
          latency_ms: 'Moving average of the time to an answer, in ms; null before the first one',
          breaker: 'closed (sent to), open (rows are held), half_open (one probe is on its way)',
          breaker_failing_since: 'First of the failures in a row; null after a success',
          breaker_opened_at: 'When the breaker opened',
          breaker_probe_at: 'open: when the next probe may leave. half_open: when a lost probe is given up',
          breaker_probes: 'Probes that failed since it opened',
          updated_at: 'When its owner last changed it',
          deleted_at: 'Deleted by its owner; kept for the history of its webhooks',
        }),
        comments('webhook_outbox', 'Deliveries: one event for one endpoint. Written in the commit that ends the task.', {
          held_at: 'Since when it waits for its endpoint; null unless held',
          thin: 'The receiver refused the full body as too large: the thin one is sent',
        }),
      ].join('\n'),
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      UPDATE postback.webhook_outbox SET status = 'pending', held_at = NULL WHERE status = 'held';
      DROP INDEX postback.webhook_outbox_held;
      DROP INDEX postback.webhook_outbox_in_flight;
      DROP INDEX postback.webhook_outbox_endpoint_due;
      ALTER TABLE postback.webhook_outbox DROP COLUMN thin, DROP COLUMN held_at;
      DELETE FROM postback.webhook_endpoints WHERE kind = 'registered';
      ALTER TABLE postback.webhook_endpoints
        DROP COLUMN deleted_at, DROP COLUMN updated_at, DROP COLUMN breaker_probes, DROP COLUMN breaker_probe_at, DROP COLUMN breaker_opened_at,
        DROP COLUMN breaker_failing_since, DROP COLUMN breaker, DROP COLUMN latency_ms, DROP COLUMN slow_until,
        DROP COLUMN previous_secret_expires_at, DROP COLUMN previous_secret_id, DROP COLUMN secret_id, DROP COLUMN rate_next_at,
        DROP COLUMN rate_per_second, DROP COLUMN max_in_flight, DROP COLUMN retry, DROP COLUMN timeout_ms, DROP COLUMN headers,
        DROP COLUMN events, DROP COLUMN description;
      CREATE OR REPLACE FUNCTION postback.repair_outbox_row() RETURNS trigger LANGUAGE plpgsql AS $$
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
    `);
  }
}
