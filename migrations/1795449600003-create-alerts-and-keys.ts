import type { MigrationInterface, QueryRunner } from 'typeorm';
import { comments } from './support/comments.js';

/** Alerts with their delivery to sinks, API keys, and the keyring that survives a change of master key. */
export class CreateAlertsAndKeys1795449600003 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE postback.alerts (
        id              uuid PRIMARY KEY,
        kind            text NOT NULL,
        dedup_key       text NOT NULL,
        severity        text NOT NULL,
        tenant          text,
        endpoint_id     uuid,
        outbox_id       uuid,
        task_id         uuid,
        title           text NOT NULL,
        detail          json NOT NULL,
        occurrences     integer NOT NULL DEFAULT 1,
        raised_at       timestamptz NOT NULL DEFAULT now(),
        last_raised_at  timestamptz NOT NULL DEFAULT now(),
        notified_at     timestamptz NOT NULL DEFAULT now(),
        resolved_at     timestamptz,
        acknowledged_at timestamptz,
        acknowledged_by text,
        CONSTRAINT alerts_severity_known CHECK (severity IN ('warning', 'critical'))
      );
      -- one open alert per thing that is wrong: raising it again counts, and does not page again
      CREATE UNIQUE INDEX alerts_open ON postback.alerts (dedup_key) WHERE resolved_at IS NULL;
      CREATE INDEX alerts_page ON postback.alerts (raised_at DESC, id DESC);

      CREATE TABLE postback.alert_deliveries (
        id              uuid PRIMARY KEY,
        alert_id        uuid NOT NULL REFERENCES postback.alerts (id) ON DELETE CASCADE,
        sink            text NOT NULL,
        event           text NOT NULL,
        status          text NOT NULL DEFAULT 'pending',
        attempts        integer NOT NULL DEFAULT 0,
        next_attempt_at timestamptz NOT NULL DEFAULT now(),
        lease_token     uuid,
        last_error      text,
        created_at      timestamptz NOT NULL DEFAULT now(),
        sent_at         timestamptz,
        CONSTRAINT alert_deliveries_sink_known CHECK (sink IN ('slack', 'pagerduty', 'email', 'webhook')),
        CONSTRAINT alert_deliveries_event_known CHECK (event IN ('raised', 'resolved')),
        CONSTRAINT alert_deliveries_status_known CHECK (status IN ('pending', 'sent', 'failed'))
      );
      CREATE INDEX alert_deliveries_due ON postback.alert_deliveries (next_attempt_at) WHERE status = 'pending';
      CREATE INDEX alert_deliveries_by_alert ON postback.alert_deliveries (alert_id);

      CREATE TABLE postback.api_keys (
        id           uuid PRIMARY KEY,
        tenant       text NOT NULL,
        name         text NOT NULL,
        key_hash     bytea NOT NULL UNIQUE,
        scopes       text[] NOT NULL,
        created_at   timestamptz NOT NULL DEFAULT now(),
        expires_at   timestamptz,
        revoked_at   timestamptz,
        CONSTRAINT api_keys_scopes_known CHECK (scopes <@ ARRAY['submit', 'read', 'admin'])
      );

      CREATE TABLE postback.keyring (
        purpose       text PRIMARY KEY,
        sealed        bytea NOT NULL,
        master_key_id text NOT NULL,
        created_at    timestamptz NOT NULL DEFAULT now()
      );
    `);
    await queryRunner.query(
      [
        comments('alerts', 'What went wrong and needs a person, raised in the commit that made it true.', {
          id: 'UUIDv7',
          kind: 'dead_letter ...: what kind of trouble',
          dedup_key: 'Names the thing that is wrong; one open alert for each',
          severity: 'warning or critical',
          tenant: 'Whose tasks are concerned, if one tenant',
          endpoint_id: 'webhook_endpoints.id, if one endpoint',
          outbox_id: 'webhook_outbox.id of the latest row concerned',
          task_id: 'tasks.id of the latest task concerned',
          title: 'The trouble in one line',
          detail: 'Figures and names by kind',
          occurrences: 'How often it was raised while open',
          raised_at: 'First time',
          last_raised_at: 'Latest time',
          notified_at: 'When the sinks were last told; raised again, they are told again only after a quiet period',
          resolved_at: 'When it stopped being true, or a person closed it',
          acknowledged_at: 'When a person took it on',
          acknowledged_by: 'Who',
        }),
        comments('alert_deliveries', 'Each alert on its way to each configured sink, retried until sent.', {
          id: 'UUIDv7',
          alert_id: 'alerts.id',
          sink: 'slack, pagerduty, email or webhook',
          event: 'raised or resolved',
          status: 'pending, sent, or failed after the last retry',
          attempts: 'Tries so far',
          next_attempt_at: 'Not tried before; while a try is under way: when another sender may take over',
          lease_token: 'Fence of the try under way',
          last_error: 'Why the last try failed',
          created_at: 'When the alert was raised or resolved',
          sent_at: 'When the sink took it',
        }),
        comments('api_keys', 'Who may call the API. Keys are stored as SHA-256 only.', {
          id: 'UUIDv7',
          tenant: 'Whose tasks the key sees',
          name: 'For people',
          key_hash: 'SHA-256 of the key',
          scopes: 'submit, read, admin',
          created_at: 'When it was made',
          expires_at: 'Refused after this; null: never',
          revoked_at: 'Refused since; null: live',
        }),
        comments('keyring', 'Keys of our own, sealed by the master key, so that they outlive it.', {
          purpose: 'fingerprint: keyed HMACs of secrets and request bodies',
          sealed: 'AES-256-GCM envelope',
          master_key_id: 'Which master key sealed it',
          created_at: 'When it was made',
        }),
      ].join('\n'),
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP TABLE postback.keyring;
      DROP TABLE postback.api_keys;
      DROP TABLE postback.alert_deliveries;
      DROP TABLE postback.alerts;
    `);
  }
}
