import type { MigrationInterface, QueryRunner } from 'typeorm';
import { comments } from './support/comments.js';

/** Tasks that do another one again, and the indexes for looking through tasks and removing old ones. */
export class LinkAndPurgeTasks1795510000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE postback.tasks ADD COLUMN retried_from uuid; -- no foreign key: the older task may be removed first

      -- retention: the longest finished first. Partial, as is the next: a submit must not pay for an index it is not in yet
      CREATE INDEX tasks_finished ON postback.tasks (finished_at) WHERE finished_at IS NOT NULL;
      -- GET /tasks?status=failed and its like: few among many, else a walk over all of a tenant's tasks
      CREATE INDEX tasks_ended_badly ON postback.tasks (tenant, status, created_at DESC, id DESC)
        WHERE status IN ('failed', 'error', 'canceled', 'expired');
    `);
    await queryRunner.query(
      comments('tasks', 'What callers asked agents to do. The truth about a task; the pg-boss job is only its wake-up.', {
        retried_from: 'tasks.id of the task that this one does again, by POST /tasks/:id/retry; that task may be gone',
      }),
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP INDEX postback.tasks_ended_badly;
      DROP INDEX postback.tasks_finished;
      ALTER TABLE postback.tasks DROP COLUMN retried_from;
    `);
  }
}
