import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Rows follow their endpoint when they are claimed; an ad-hoc one, whose rows have URLs of their own, says by this column that it was moved. */
export class FollowMovedEndpoints1796410000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE postback.webhook_endpoints ADD COLUMN moved_at timestamptz;
      COMMENT ON COLUMN postback.webhook_endpoints.moved_at IS
        'When its URL was changed last; NULL: never. The rows of an ad-hoc endpoint that was moved go to its URL, each with its own query';
      COMMENT ON COLUMN postback.webhook_outbox.url IS
        'Where its last attempt went; before the first one, where its task or endpoint was when it was written. An attempt goes to where its endpoint is by then if that is registered or was moved, else here';
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE postback.webhook_endpoints DROP COLUMN moved_at;
      COMMENT ON COLUMN postback.webhook_outbox.url IS 'Exact URL the webhook is sent to';
    `);
  }
}
