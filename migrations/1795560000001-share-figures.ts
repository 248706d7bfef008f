import type { MigrationInterface, QueryRunner } from 'typeorm';
import { comments } from './support/comments.js';

/** What `/metrics` says about the tables is counted by one process at a time and told by all. */
export class ShareFigures1795560000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      -- one row: its lock lets one process count while the others wait for what it finds
      CREATE TABLE postback.metrics_figures (
        one        boolean PRIMARY KEY DEFAULT true,
        counted_at timestamptz NOT NULL DEFAULT '-infinity',
        counted_by uuid,
        figures    json,
        CONSTRAINT metrics_figures_once CHECK (one)
      );
      INSERT INTO postback.metrics_figures DEFAULT VALUES;
    `);
    await queryRunner.query(
      comments('metrics_figures', 'One row: what was last counted in the tables for /metrics, for all processes to tell.', {
        one: 'Always true: there is one row',
        counted_at: 'When the last count began; it serves for POSTBACK_METRICS_INTERVAL_MS',
        counted_by: 'processes.id of the process that did it',
        figures: 'What it found; null before the first count',
      }),
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE postback.metrics_figures');
  }
}
