import type { MigrationInterface, QueryRunner } from 'typeorm';
import { comments } from './support/comments.js';

/** What the alert rules need to remember and to look up. */
export class EvaluateAlerts1795540000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE postback.alerts ADD COLUMN clear_since timestamptz;
      ALTER TABLE postback.alert_deliveries
        DROP CONSTRAINT alert_deliveries_event_known,
        ADD CONSTRAINT alert_deliveries_event_known CHECK (event IN ('raised', 'acknowledged', 'resolved'));

      -- one row: its lock lets one process at a time evaluate, its time keeps them from doing so one after the other
      CREATE TABLE postback.alert_evaluation (
        one          boolean PRIMARY KEY DEFAULT true,
        evaluated_at timestamptz NOT NULL DEFAULT '-infinity',
        evaluated_by uuid,
        CONSTRAINT alert_evaluation_once CHECK (one)
      );
      INSERT INTO postback.alert_evaluation DEFAULT VALUES;

      -- a process that stops in good order takes its row in processes with it, so the last sight of a role is kept apart
      CREATE TABLE postback.role_sightings (
        role    text PRIMARY KEY,
        seen_at timestamptz NOT NULL
      );

      -- All three are small beside the rows that are sent at once and arrive: such a row is in none of them, ever.
      -- the rule many_retries; its predicate is the lowest threshold that can be configured
      CREATE INDEX webhook_outbox_many_retries ON postback.webhook_outbox (attempts_charged)
        WHERE status IN ('pending', 'delivering') AND attempts_charged >= 5;
      -- the rule failing_uncharged, likewise
      CREATE INDEX webhook_outbox_uncharged ON postback.webhook_outbox (uncharged_streak)
        WHERE status IN ('pending', 'delivering') AND uncharged_streak >= 5;
      -- the rules dead_letter and dead_letters: what waits for a person
      CREATE INDEX webhook_outbox_dead_waiting ON postback.webhook_outbox (endpoint_id)
        WHERE status = 'dead' AND dead_reason <> 'endpoint_deleted';
    `);
    await queryRunner.query(
      [
        comments(
          'alerts',
          'What went wrong and needs a person, raised in the commit that made it true or by a rule that looks at the tables.',
          {
            clear_since: 'Since when it is not true any more; resolved once that has lasted for POSTBACK_ALERT_RESOLVE_AFTER_MS',
          },
        ),
        comments('alert_deliveries', 'Each alert on its way to each configured sink, retried until sent.', {
          event: 'raised, acknowledged or resolved',
        }),
        comments('alert_evaluation', 'One row: when the alert rules were last evaluated, and by whom.', {
          one: 'Always true: there is one row',
          evaluated_at: 'When the last evaluation began',
          evaluated_by: 'processes.id of the process that did it',
        }),
        comments('role_sightings', 'When a living process of each role was last seen by the alert rules.', {
          role: 'api, worker or dispatcher',
          seen_at: 'Last time',
        }),
      ].join('\n'),
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP INDEX postback.webhook_outbox_dead_waiting;
      DROP INDEX postback.webhook_outbox_uncharged;
      DROP INDEX postback.webhook_outbox_many_retries;
      DROP TABLE postback.role_sightings;
      DROP TABLE postback.alert_evaluation;
      DELETE FROM postback.alert_deliveries WHERE event = 'acknowledged';
      ALTER TABLE postback.alert_deliveries
        DROP CONSTRAINT alert_deliveries_event_known,
        ADD CONSTRAINT alert_deliveries_event_known CHECK (event IN ('raised', 'resolved'));
      ALTER TABLE postback.alerts DROP COLUMN clear_since;
    `);
  }
}
