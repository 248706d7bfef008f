import type { MigrationInterface, QueryRunner } from 'typeorm';
import { comments } from './support/comments.js';

/** Results of finished steps, so that a later run of a task does not do (and pay for) them again. */
export class CreateTaskSteps1795500000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE postback.task_steps (
        task_id     uuid NOT NULL REFERENCES postback.tasks (id) ON DELETE CASCADE,
        name        text NOT NULL,
        -- text, not json: what a later run gets is what the step returned, to the byte
        result      text NOT NULL,
        run_token   uuid NOT NULL,
        duration_ms integer NOT NULL,
        created_at  timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (task_id, name),
        CONSTRAINT task_steps_small CHECK (octet_length(result) <= 1048576)
      );
    `);
    await queryRunner.query(
      comments(
        'task_steps',
        'Finished steps of tasks that are done in several; a later run of the same task takes the result and skips the step.',
        {
          task_id: 'tasks.id',
          name: 'As the agent calls it; unique within its task',
          result: 'What the step returned, as JSON text of at most 1 MB',
          run_token: 'tasks.run_token of the run that did it',
          duration_ms: 'How long it took',
          created_at: 'When it was finished',
        },
      ),
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE postback.task_steps');
  }
}
