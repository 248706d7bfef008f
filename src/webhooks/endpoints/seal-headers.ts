import type { Database } from '../../platform/database/database.js';
import type { Keyring } from '../../platform/secrets/keyring.js';
import { storeHeaders } from './store-headers.js';

const BATCH = 200;

/** For the boot: seals the headers that a process of an older version wrote in the clear. Returns how many endpoints had some. */
export async function sealHeaders(database: Database, keyring: Keyring): Promise<number> {
  for (let sealed = 0; ; ) {
    const done = await sealNext(database, keyring);
    sealed += done;
    if (done < BATCH) return sealed;
  }
}

async function sealNext(database: Database, keyring: Keyring): Promise<number> {
  return database.transaction(async (tx) => {
    const { rows } = await tx.query<{ id: string; tenant: string; headers: Record<string, string> }>(
      `SELECT id, tenant, headers FROM postback.webhook_endpoints WHERE headers IS NOT NULL ORDER BY id LIMIT ${BATCH} FOR NO KEY UPDATE`,
    );
    for (const { id, tenant, headers } of rows) {
      const { names, secretId } = await storeHeaders(tx, keyring, tenant, headers);
      await tx.query('UPDATE postback.webhook_endpoints SET headers = NULL, header_names = $2, headers_secret_id = $3 WHERE id = $1', [
        id,
        names,
        secretId,
      ]);
    }
    return rows.length;
  });
}
