import type { MigrationInterface, QueryRunner } from 'typeorm';
import { comments } from './support/comments.js';

/** Tasks, their events, the idempotency records of their submits, and the processes that run them. */
export class CreateTasks1795449600001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE postback.processes (
        id           uuid PRIMARY KEY,
        roles        text[] NOT NULL,
        version      text NOT NULL,
        host         text NOT NULL,
        pid          integer NOT NULL,
        started_at   timestamptz NOT NULL DEFAULT now(),
        heartbeat_at timestamptz NOT NULL DEFAULT now()
      );

      CREATE TABLE postback.tasks (
        id                   uuid PRIMARY KEY,
        tenant               text NOT NULL,
        type                 text NOT NULL,
        status               text NOT NULL DEFAULT 'queued',
        -- json, not jsonb: jsonb reorders keys and expands 1e300 to 301 digits; json keeps the text
        input                json,
        result               text,
        error                json,
        metadata             json,
        runs                 integer NOT NULL DEFAULT 0,
        interruptions        integer NOT NULL DEFAULT 0,
        crashes_in_row       integer NOT NULL DEFAULT 0,
        run_token            uuid,
        worker_id            uuid,
        job_id               uuid NOT NULL,
        next_run_at          timestamptz NOT NULL DEFAULT now(),
        last_seq             integer NOT NULL DEFAULT 0,
        progress             json,
        timeout_ms           integer NOT NULL,
        run_deadline_at      timestamptz,
        expires_at           timestamptz,
        webhook_endpoint_ids uuid[] NOT NULL DEFAULT '{}',
        webhook_url          text,
        webhook_secret_id    uuid,
        webhook_events       text[],
        traceparent          text,
        created_at           timestamptz NOT NULL DEFAULT now(),
        started_at           timestamptz,
        finished_at          timestamptz,
        erased_at            timestamptz,
        CONSTRAINT tasks_status_known CHECK (status IN
          ('queued', 'running', 'canceling', 'completed', 'failed', 'error', 'canceled', 'expired')),
        CONSTRAINT tasks_finished_when_terminal CHECK
          ((finished_at IS NOT NULL) = (status IN ('completed', 'failed', 'error', 'canceled', 'expired'))),
        CONSTRAINT tasks_token_while_running CHECK ((run_token IS NOT NULL) = (status IN ('running', 'canceling')))
      ) WITH (fillfactor = 80); -- room on the page for progress updates, which touch no indexed column

      -- GET /tasks: a tenant's own tasks, newest first
      CREATE INDEX tasks_by_tenant ON postback.tasks (tenant, created_at DESC, id DESC);
      -- the reconciler: what is queued or running, and for whom; stays small because terminal tasks leave it
      CREATE INDEX tasks_live ON postback.tasks (status, next_run_at) WHERE status IN ('queued', 'running', 'canceling');

      CREATE TABLE postback.task_events (
        id         uuid PRIMARY KEY,
        task_id    uuid NOT NULL REFERENCES postback.tasks (id) ON DELETE CASCADE,
        seq        integer NOT NULL,
        type       text NOT NULL,
        data       json,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT task_events_in_order UNIQUE (task_id, seq)
      );

      CREATE TABLE postback.idempotency_keys (
        tenant      text NOT NULL,
        key         text NOT NULL,
        fingerprint bytea NOT NULL,
        task_id     uuid NOT NULL,
        response    text NOT NULL,
        created_at  timestamptz NOT NULL DEFAULT now(),
        expires_at  timestamptz NOT NULL,
        PRIMARY KEY (tenant, key)
      );
      -- retention: the expired ones, oldest first
      CREATE INDEX idempotency_keys_expired ON postback.idempotency_keys (expires_at);
    `);
    await queryRunner.query(
      [
        comments('processes', 'One row per running Postback process; a row whose heartbeat stops names a process that vanished.', {
          id: 'UUIDv7 made at boot; tasks.worker_id and webhook_outbox.claimed_by point here',
          roles: 'What the process does: api, worker, dispatcher',
          version: 'Version of Postback it runs',
          host: 'Host name',
          pid: 'Process id on that host',
          started_at: 'When it booted',
          heartbeat_at: 'Last sign of life; tasks of a process silent for POSTBACK_PROCESS_LOST_MS are put back in the queue',
        }),
        comments('tasks', 'What callers asked agents to do. The truth about a task; the pg-boss job is only its wake-up.', {
          id: 'UUIDv7; the task_id of the API',
          tenant: 'Owner, from the API key of the submit',
          type: 'Agent that does it, e.g. analyze-document',
          status: 'queued, running, canceling, then for ever completed, failed, error, canceled or expired',
          input: "The agent's own fields of the submit, as sent; null once erased",
          result: 'Result as JSON text, byte for byte as it is sent; null unless completed',
          error: '{code, message} unless completed',
          metadata: "The caller's own JSON object, returned with every answer and webhook",
          runs: 'Runs charged to the agent; one cut short by a deploy or crash is not counted here',
          interruptions: 'Runs cut short by a deploy or a crash',
          crashes_in_row: 'The latest of these whose process vanished without a shutdown; five in a row end the task',
          run_token: 'Fence: made fresh at every claim; a write of a run that does not carry it changes nothing',
          worker_id: 'processes.id of the worker that runs it, or ran it last',
          job_id: 'The pg-boss job that wakes a worker for it next; that job may be gone, and is then sent anew',
          next_run_at: 'Not started before this time',
          last_seq: 'Number of the last event; UPDATE ... SET last_seq = last_seq + 1 hands out the next in commit order',
          progress: '{fraction, message, data} as last reported by the agent',
          timeout_ms: 'Longest time for one run, in ms',
          run_deadline_at: 'When the present run is aborted',
          expires_at: 'Queue deadline: never started by then means expired; null: waits for ever',
          webhook_endpoint_ids: 'webhook_endpoints.id of every endpoint that is told',
          webhook_url: 'Exact URL of the submit, for an ad-hoc endpoint',
          webhook_secret_id: 'webhook_secrets.id of the secret it was submitted with',
          webhook_events: 'Event types to send; null: every terminal one',
          traceparent: 'W3C trace context of the submit, passed on to the webhook',
          created_at: 'When the submit was committed',
          started_at: 'When the first run began',
          finished_at: 'When it became terminal',
          erased_at: 'When the caller had input, result and bodies erased',
        }),
        comments('task_events', 'What happened to each task, immutable; the one sequence behind polling, streaming and webhooks.', {
          id: 'UUIDv7; for a terminal event also webhook_events.id and the webhook-id header',
          task_id: 'tasks.id',
          seq: '1, 2, 3 ... within its task, in commit order',
          type: 'task.started, task.progress, task.log, task.retrying, task.interrupted, task.completed ...',
          data: 'What the event says, by type',
          created_at: 'When it was committed',
        }),
        comments(
          'idempotency_keys',
          'First answer to each Idempotency-Key, so that a repeated submit gets it again and makes no second task.',
          {
            tenant: 'Owner of the key',
            key: 'Idempotency-Key header of the submit',
            fingerprint: 'Keyed HMAC of type and canonical body: another body under the same key is refused',
            task_id: 'tasks.id of the task that the first submit made',
            response: 'Body of the first answer, byte for byte',
            created_at: 'When the first submit was committed',
            expires_at: 'After this the key may be used anew',
          },
        ),
      ].join('\n'),
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP TABLE postback.idempotency_keys;
      DROP TABLE postback.task_events;
      DROP TABLE postback.tasks;
      DROP TABLE postback.processes;
    `);
  }
}
