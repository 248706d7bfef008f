import type { MigrationInterface, QueryRunner } from 'typeorm';
import { comments } from './support/comments.js';

/** What happened lately, in figures, and what an attempt sent besides its body. */
export class ShowActivity1795700000002 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      -- Added up by the processes themselves: to count attempts or deliveries by time in their own tables would take an index on each, which every
      -- delivery would pay for. A few thousand rows, whatever happens.
      CREATE TABLE postback.activity (
        span_seconds integer NOT NULL,
        began_at     timestamptz NOT NULL,
        what         text NOT NULL,
        bucket       smallint NOT NULL,
        n            bigint NOT NULL,
        PRIMARY KEY (span_seconds, began_at, what, bucket)
      ) WITH (fillfactor = 50); -- room on the page for the next count of the same span

      ALTER TABLE postback.webhook_attempts ADD COLUMN sent json;
    `);
    await queryRunner.query(
      [
        comments(
          'activity',
          'How often something happened in a span of time, for the charts of the console; each process adds its own counts every few seconds.',
          {
            span_seconds: 'Length of the span: 60, 900 or 7200; everything is counted in all three',
            began_at: 'When the span began; of the time at which it was added up, so late by a few seconds',
            what: 'attempt.delivered, attempt.failed, webhook.dead, delivery.lag, task.completed, task.failed, task.error, task.canceled or task.expired',
            bucket: 'Of delivery.lag: the lag was at most 1.15 to this power, in ms, and more than for the bucket before; else 0',
            n: 'How often',
          },
        ),
        comments('webhook_attempts', 'Every HTTP try of every delivery, immutable.', {
          sent: 'What of the request is stored nowhere else: {at: webhook-timestamp, agent: version, own: names of the endpoint’s own headers, signatures: how many, traceparent}; null when nothing left, or nobody saw it',
        }),
        comments(
          'redelivery_batches',
          'Bulk redeliveries: each walks the outbox, newest row first, in small steps that any process continues.',
          {
            filter:
              'Which rows: endpoint_id, tenant, task_id, event_type, dead_reason, status_code, status, since, until, error (the exact last_error, empty for none), ids; all that are given must hold',
          },
        ),
      ].join('\n'),
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE postback.webhook_attempts DROP COLUMN sent;
      DROP TABLE postback.activity;
    `);
    await queryRunner.query(
      comments(
        'redelivery_batches',
        'Bulk redeliveries: each walks the outbox, newest row first, in small steps that any process continues.',
        {
          filter:
            'Which rows: endpoint_id, tenant, task_id, event_type, dead_reason, status_code, status, since, until; all that are given must hold',
        },
      ),
    );
  }
}
