import type { MigrationInterface, QueryRunner } from 'typeorm';
import { comments } from './support/comments.js';

/** The headers of an endpoint carry its receiver's credentials: they are sealed like its signing secret, and only their names can be read. */
export class SealHeaders1795720000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE postback.webhook_endpoints
        ADD COLUMN header_names text[],
        ADD COLUMN headers_secret_id uuid;
      -- what every boot seals: written by a process of an older version, which knows only the column headers
      CREATE INDEX webhook_endpoints_unsealed ON postback.webhook_endpoints (id) WHERE headers IS NOT NULL;
    `);
    await queryRunner.query(
      [
        comments(
          'webhook_secrets',
          "Callers' signing secrets, and the headers of their endpoints, encrypted; one row per tenant and secret.",
          {},
        ),
        comments('webhook_endpoints', 'Where webhooks go: registered through the API, or ad hoc, made from the webhook_url of a submit.', {
          headers: 'Headers that are not sealed yet: written by an older version, and sealed at the next boot. Null otherwise',
          header_names: 'Names of the extra request headers of a registered endpoint; their values are sealed',
          headers_secret_id: 'webhook_secrets.id of these headers, a JSON object',
        }),
      ].join('\n'),
    );
  }

  /** The values cannot be unsealed here: without the master key nobody can. Endpoints go on without their headers. */
  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP INDEX postback.webhook_endpoints_unsealed;
      ALTER TABLE postback.webhook_endpoints DROP COLUMN headers_secret_id, DROP COLUMN header_names;
    `);
  }
}
