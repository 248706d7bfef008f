import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How long a tenant's line is, from an index alone: asked once a second while it submits. */
export class IndexQueuedTasks1795520000002 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    // partial, so that it stays as small as the line: a task leaves it with its first run
    await queryRunner.query(`CREATE INDEX tasks_queued_by_tenant ON postback.tasks (tenant) WHERE status = 'queued'`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX postback.tasks_queued_by_tenant');
  }
}
