import type { MigrationInterface, QueryRunner } from 'typeorm';

const HEALTH = (pending: string) => `
  CREATE OR REPLACE VIEW postback.outbox_health AS
    ${pending}
    UNION ALL
    SELECT 'delivering', count(*), min(claimed_at) FROM postback.webhook_outbox WHERE status = 'delivering'
    UNION ALL
    SELECT 'held', count(*), min(held_at) FROM postback.webhook_outbox WHERE status = 'held'
    UNION ALL
    SELECT 'dead', count(*), min(dead_at) FROM postback.webhook_outbox WHERE status = 'dead'`;

/** The views for DBAs read no row of a large backlog or a day's deliveries, but the indexes over them. */
export class AnswerFromIndexes1795740000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    // webhook_outbox_due holds pending and delivering rows and cannot tell them apart without reading each; those in flight are few
    await queryRunner.query(
      HEALTH(`
        SELECT 'pending' AS status,
               (SELECT count(*) FROM postback.webhook_outbox WHERE status IN ('pending', 'delivering'))
                 - (SELECT count(*) FROM postback.webhook_outbox WHERE status = 'delivering') AS rows,
               (SELECT next_attempt_at FROM postback.webhook_outbox WHERE status IN ('pending', 'delivering') AND status = 'pending'
                 ORDER BY next_attempt_at LIMIT 1) AS oldest`),
    );
    // delivery_latency needs two times of each row of a day: with both in one index it does not read the rows
    await queryRunner.query(`
      CREATE INDEX webhook_outbox_page_timed ON postback.webhook_outbox (created_at DESC, id DESC) INCLUDE (delivered_at);
      DROP INDEX postback.webhook_outbox_page;
      ALTER INDEX postback.webhook_outbox_page_timed RENAME TO webhook_outbox_page;
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      HEALTH(
        `SELECT 'pending' AS status, count(*) AS rows, min(next_attempt_at) AS oldest FROM postback.webhook_outbox WHERE status = 'pending'`,
      ),
    );
    await queryRunner.query(`
      DROP INDEX postback.webhook_outbox_page;
      CREATE INDEX webhook_outbox_page ON postback.webhook_outbox (created_at DESC, id DESC);
    `);
  }
}
