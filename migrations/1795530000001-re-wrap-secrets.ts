import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a change of the master key needs: to find what is sealed under a key, and to know who could open it under another. */
export class ReWrapSecrets1795530000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      -- rotation: the next batch under one key; boot: which keys are in use, in one probe per key
      CREATE INDEX webhook_secrets_by_master_key ON postback.webhook_secrets (master_key_id, id);

      ALTER TABLE postback.processes ADD COLUMN master_key_ids text[];
      COMMENT ON COLUMN postback.processes.master_key_ids IS
        'Ids of the master keys it knows; null: a version that does not say. A key is not taken into use before every living process knows it';
      COMMENT ON COLUMN postback.keyring.master_key_id IS
        'Which master key sealed it. On the row "fingerprint" also the key that new secrets are sealed under';
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      COMMENT ON COLUMN postback.keyring.master_key_id IS 'Which master key sealed it';
      ALTER TABLE postback.processes DROP COLUMN master_key_ids;
      DROP INDEX postback.webhook_secrets_by_master_key;
    `);
  }
}
