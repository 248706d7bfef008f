import type { MigrationInterface, QueryRunner } from 'typeorm';
import { comments } from './support/comments.js';

/** Who is signed in at the console. */
export class CreateConsoleSessions1795700000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE postback.console_sessions (
        id           uuid PRIMARY KEY,
        token_hash   bytea NOT NULL UNIQUE,
        -- a session is nothing without its key, whoever deletes that
        key_id       uuid NOT NULL REFERENCES postback.api_keys (id) ON DELETE CASCADE,
        created_at   timestamptz NOT NULL DEFAULT now(),
        last_seen_at timestamptz NOT NULL DEFAULT now(),
        expires_at   timestamptz NOT NULL
      );
      -- the sessions of one key, newest first: the oldest make room
      CREATE INDEX console_sessions_by_key ON postback.console_sessions (key_id, created_at DESC, id DESC);
    `);
    await queryRunner.query(
      comments('console_sessions', 'Who is signed in at the console: one row per browser, removed by sign-out and after its time.', {
        id: 'UUIDv7; the target of session.create and session.delete in audit_log',
        token_hash: 'SHA-256 of the random token in the cookie; the token itself is in the browser only',
        key_id: 'api_keys.id of the key it was opened with; when that ends, so does the session',
        created_at: 'When the key was entered',
        last_seen_at: 'Last request with it, late by up to a minute and a half',
        expires_at: 'Refused from then on: POSTBACK_CONSOLE_SESSION_MS after created_at',
      }),
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE postback.console_sessions');
  }
}
