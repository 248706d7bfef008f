import type { Sql } from '../../platform/database/sql.js';

/** Ids of the master keys that stored secrets are sealed under: one probe of the index per key, however many secrets there are. */
export async function findKeysInUse(sql: Sql): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>(
    `WITH RECURSIVE used (id) AS (
       SELECT min(master_key_id) FROM postback.webhook_secrets
       UNION ALL
       SELECT (SELECT min(s.master_key_id) FROM postback.webhook_secrets s WHERE s.master_key_id > used.id) FROM used WHERE used.id IS NOT NULL
     )
     SELECT id FROM used WHERE id IS NOT NULL`,
  );
  return rows.map(({ id }) => id);
}
