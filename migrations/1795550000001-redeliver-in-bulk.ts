import type { MigrationInterface, QueryRunner } from 'typeorm';
import { comments } from './support/comments.js';

/** Bulk redelivery as a persisted job. */
export class RedeliverInBulk1795550000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE postback.redelivery_batches (
        id                uuid PRIMARY KEY,
        state             text NOT NULL DEFAULT 'running',
        filter            jsonb NOT NULL DEFAULT '{}',
        include_delivered boolean NOT NULL DEFAULT false,
        rate_per_second   integer,
        actor             text NOT NULL,
        scanned           bigint NOT NULL DEFAULT 0,
        redelivered       bigint NOT NULL DEFAULT 0,
        held              bigint NOT NULL DEFAULT 0,
        skipped           bigint NOT NULL DEFAULT 0,
        cursor_created_at timestamptz NOT NULL DEFAULT now(),
        cursor_id         uuid NOT NULL DEFAULT 'ffffffff-ffff-ffff-ffff-ffffffffffff',
        next_step_at      timestamptz NOT NULL DEFAULT now(),
        created_at        timestamptz NOT NULL DEFAULT now(),
        finished_at       timestamptz,
        CONSTRAINT redelivery_batches_state_known CHECK (state IN ('running', 'completed', 'canceled')),
        CONSTRAINT redelivery_batches_finished_at_end CHECK ((finished_at IS NULL) = (state = 'running')),
        CONSTRAINT redelivery_batches_rate_positive CHECK (rate_per_second > 0)
      );
      -- what is still to be done: a handful of rows, whatever the history
      CREATE INDEX redelivery_batches_running ON postback.redelivery_batches (next_step_at) WHERE state = 'running';
      CREATE INDEX redelivery_batches_page ON postback.redelivery_batches (created_at DESC, id DESC);

      ALTER TABLE postback.webhook_outbox ADD COLUMN redelivery_batch_id uuid;
    `);
    await queryRunner.query(
      [
        comments(
          'redelivery_batches',
          'Bulk redeliveries: each walks the outbox, newest row first, in small steps that any process continues.',
          {
            id: 'Printed by the API and by postback.redeliver_where',
            state: 'running, completed or canceled',
            filter:
              'Which rows: endpoint_id, tenant, task_id, event_type, dead_reason, status_code, status, since, until; all that are given must hold',
            include_delivered: 'Whether rows that arrived are sent again as well',
            rate_per_second: 'Rows moved per second at most; null: no limit',
            actor: 'Name of the API key, or sql: and the database user',
            scanned: 'Rows looked at so far',
            redelivered: 'Rows sent again so far, those that are held included',
            held: 'Of those, the ones that wait for their endpoint',
            skipped:
              'Rows that match but could not be sent again: body removed, endpoint deleted, in another running batch or in use just then',
            cursor_created_at: 'created_at of the last row looked at; at first the time of the batch, so that later rows are none of it',
            cursor_id: 'id of the last row looked at',
            next_step_at: 'Not continued before',
            created_at: 'When it was asked for',
            finished_at: 'When it ended or was canceled',
          },
        ),
        comments('webhook_outbox', 'Deliveries: one event for one endpoint. Written in the commit that ends the task.', {
          redelivery_batch_id: 'redelivery_batches.id of the last bulk redelivery that moved it; while that one runs no other does',
        }),
      ].join('\n'),
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE postback.webhook_outbox DROP COLUMN redelivery_batch_id;
      DROP TABLE postback.redelivery_batches;
    `);
  }
}
