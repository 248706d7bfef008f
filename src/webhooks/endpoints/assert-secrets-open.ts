import type { Sql } from '../../platform/database/sql.js';
import type { Keyring } from '../../platform/secrets/keyring.js';
import { findKeysInUse } from './find-keys-in-use.js';

/** For the boot. Throws a sentence that says what to do when stored secrets need a master key that is not configured. */
export async function assertSecretsOpen(sql: Sql, keyring: Keyring): Promise<void> {
  const missing = (await findKeysInUse(sql)).filter((id) => !keyring.masterKeyIds.includes(id));
  if (missing.length === 0) return;
  const quoted = missing.map((id) => `'${id.replaceAll("'", "''")}'`).join(', ');
  throw new Error(
    `Webhook secrets are sealed under master key ${missing.join(', ')}, which is not configured: their webhooks could not be signed. ` +
      'Add that key to POSTBACK_MASTER_KEY_OTHERS, and run `npm run rotate-master-key` to be rid of it. If the key is lost, so are these ' +
      `secrets: DELETE FROM postback.webhook_secrets WHERE master_key_id IN (${quoted});`,
  );
}
