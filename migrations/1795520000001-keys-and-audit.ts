import type { MigrationInterface, QueryRunner } from 'typeorm';
import { comments } from './support/comments.js';

/** When keys were used and what they replace; and who did what. */
export class KeysAndAudit1795520000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE postback.api_keys
        ADD COLUMN last_used_at timestamptz,
        -- no foreign key: the former key may be deleted by hand once it has expired
        ADD COLUMN replaces uuid;
      -- the list of keys, newest first
      CREATE INDEX api_keys_page ON postback.api_keys (created_at DESC, id DESC);

      CREATE TABLE postback.audit_log (
        id          uuid PRIMARY KEY,
        created_at  timestamptz NOT NULL DEFAULT now(),
        actor       text NOT NULL,
        key_id      uuid,
        ip          inet,
        request_id  uuid,
        action      text NOT NULL,
        target_type text NOT NULL,
        target_id   text NOT NULL,
        tenant      text,
        -- json, not jsonb: what is shown is what was written
        before      json,
        after       json
      );
      -- the list, newest first; and the story of one thing
      CREATE INDEX audit_log_page ON postback.audit_log (created_at DESC, id DESC);
      CREATE INDEX audit_log_by_target ON postback.audit_log (target_id, created_at DESC, id DESC);

      CREATE FUNCTION postback.audit_log_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'The audit log is only added to: row % cannot be changed.', OLD.id USING ERRCODE = 'integrity_constraint_violation';
      END $$;
      -- deleting old rows is left to the owner of the database, who decides how long a log is kept
      CREATE TRIGGER audit_log_refuse_change BEFORE UPDATE ON postback.audit_log
        FOR EACH ROW EXECUTE FUNCTION postback.audit_log_refuse_change();

      COMMENT ON COLUMN postback.api_keys.last_used_at IS 'Last request with it, late by up to a minute and a half; null: never';
      COMMENT ON COLUMN postback.api_keys.replaces IS 'The key that this one was made to replace; that one goes on until its expires_at';
    `);
    await queryRunner.query(
      comments('audit_log', 'Who changed what: one row per write of an admin or of an endpoint by its owner, in the commit of the write.', {
        id: 'UUIDv7',
        created_at: 'When it was done',
        actor: 'Who: the name of the API key, or the command',
        key_id: 'api_keys.id of that key; null for a command',
        ip: 'Where the request came from: the peer, or what a trusted proxy says; null for a command',
        request_id: 'x-request-id of the answer; null for a command',
        action: 'key.create, endpoint.pause, outbox.redeliver ...',
        target_type: 'What was changed: key, endpoint, outbox ...',
        target_id: 'Its id',
        tenant: 'Whose it is',
        before: 'Of what was changed, without secrets, before; null when it was made',
        after: 'The same after; null when nothing is left of it',
      }),
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP TABLE postback.audit_log;
      DROP FUNCTION postback.audit_log_refuse_change();
      DROP INDEX postback.api_keys_page;
      ALTER TABLE postback.api_keys DROP COLUMN replaces, DROP COLUMN last_used_at;
    `);
  }
}
