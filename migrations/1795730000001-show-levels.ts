import type { MigrationInterface, QueryRunner } from 'typeorm';

const COUNTED =
  'attempt.delivered, attempt.failed, webhook.dead, delivery.lag, task.completed, task.failed, task.error, task.canceled or task.expired';

/** The table of what happened also takes what waited. */
export class ShowLevels1795730000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await describe(queryRunner, {
      what: `${COUNTED}; or level.tasks_queued, level.webhooks_waiting, level.webhooks_held or level.webhooks_dead`,
      n: 'How often; of a level: how many at most, looked at every 15 seconds',
    });
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query("DELETE FROM postback.activity WHERE what LIKE 'level.%'");
    await describe(queryRunner, { what: COUNTED, n: 'How often' });
  }
}

async function describe(queryRunner: QueryRunner, columns: Record<string, string>): Promise<void> {
  for (const [column, text] of Object.entries(columns))
    await queryRunner.query(`COMMENT ON COLUMN postback.activity.${column} IS '${text}'`);
}
