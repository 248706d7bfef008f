import type { MigrationInterface, QueryRunner } from 'typeorm';
import { comments } from './support/comments.js';

/** A queued task waits in its tenant's line, and gets a job when a worker has a hand free for it. */
export class LineTasksUp1795500000002 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE postback.tasks ALTER COLUMN job_id DROP NOT NULL;
      -- the lines: who waits, by tenant and type, first come first; skipping from tenant to tenant costs one look each
      CREATE INDEX tasks_line ON postback.tasks (tenant, type, next_run_at, id) WHERE status = 'queued' AND job_id IS NULL;
      -- the limits: what has a job or runs; as many rows as there are hands
      CREATE INDEX tasks_taken ON postback.tasks (tenant, type) WHERE job_id IS NOT NULL AND status IN ('queued', 'running', 'canceling');
    `);
    await queryRunner.query(
      comments('tasks', 'What callers asked agents to do. The truth about a task; the pg-boss job is only its wake-up.', {
        job_id: 'The pg-boss job by which a worker runs it; null: it waits in the line of its tenant',
        next_run_at: 'Not started before this time; its place in the line of its tenant',
      }),
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP INDEX postback.tasks_taken;
      DROP INDEX postback.tasks_line;
      -- a job that does not exist: the reconciler sends one
      UPDATE postback.tasks SET job_id = gen_random_uuid() WHERE job_id IS NULL;
      ALTER TABLE postback.tasks ALTER COLUMN job_id SET NOT NULL;
    `);
  }
}
