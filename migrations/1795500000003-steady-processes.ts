import type { MigrationInterface, QueryRunner } from 'typeorm';
import { comments } from './support/comments.js';

/** After an outage of the database every process looks silent: only one that has been heard for a while may say who is dead. */
export class SteadyProcesses1795500000003 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE postback.processes ADD COLUMN steady_since timestamptz NOT NULL DEFAULT now()');
    await queryRunner.query(
      comments('processes', 'One row per running Postback process; a row whose heartbeat stops names a process that vanished.', {
        steady_since:
          'Since when its signs of life come without a long gap; it takes no other process for dead before it has been steady for a while',
      }),
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE postback.processes DROP COLUMN steady_since');
  }
}
