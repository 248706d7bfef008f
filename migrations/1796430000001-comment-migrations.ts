import type { MigrationInterface, QueryRunner } from 'typeorm';

/** TypeORM makes this one table itself, without a word. */
export class CommentMigrations1796430000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      COMMENT ON TABLE postback.migrations IS 'Migrations that this database has had, one row each; written by TypeORM, not to be changed by hand';
      COMMENT ON COLUMN postback.migrations.id IS 'In the order they ran';
      COMMENT ON COLUMN postback.migrations.timestamp IS 'First part of the name of its file; whole numbers, the newest is the highest';
      COMMENT ON COLUMN postback.migrations.name IS 'Class in the folder migrations';
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      COMMENT ON TABLE postback.migrations IS NULL;
      COMMENT ON COLUMN postback.migrations.id IS NULL;
      COMMENT ON COLUMN postback.migrations.timestamp IS NULL;
      COMMENT ON COLUMN postback.migrations.name IS NULL;
    `);
  }
}
