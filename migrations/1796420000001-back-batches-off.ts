import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A bulk redelivery whose steps fail lets the others go on. */
export class BackBatchesOff1796420000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE postback.redelivery_batches ADD COLUMN failed_steps integer NOT NULL DEFAULT 0;
      COMMENT ON COLUMN postback.redelivery_batches.failed_steps IS
        'Steps in a row that ended in an error; gives their back-off. Above 0 something is wrong with it: see the log, or cancel it';
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE postback.redelivery_batches DROP COLUMN failed_steps');
  }
}
