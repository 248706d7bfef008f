import type { Tx } from '../../platform/database/sql.js';
import type { Keyring } from '../../platform/secrets/keyring.js';
import { generateSecret } from './endpoint-secret.js';
import { lockEndpoint } from './lock-endpoint.js';
import { storeSecrets } from './store-secrets.js';

export type Rotation =
  /** `secret`: the one that was made, to be shown once; null when the owner gave one. */
  | { kind: 'rotated'; secret: string | null }
  | { kind: 'unknown' }
  /** The secret given is the one that signs already. */
  | { kind: 'same_secret' };

/** From the commit on, attempts are signed with the new secret and, for the overlap, with the former one. One before that ends. */
export async function rotateSecret(
  tx: Tx,
  keyring: Keyring,
  { tenant, id }: { tenant: string; id: string },
  wanted: { secret: string | null; overlapSeconds: number },
): Promise<Rotation> {
  const made = wanted.secret === null ? generateSecret() : null;
  const endpoint = await lockEndpoint(tx, tenant, id);
  if (endpoint === null) return { kind: 'unknown' };
  const [secretId] = await storeSecrets(tx, keyring, [{ tenant, secret: wanted.secret ?? made! }]);
  if (secretId === endpoint.secret_id) return { kind: 'same_secret' };
  await tx.query(
    `UPDATE postback.webhook_endpoints
        SET secret_id = $2, updated_at = now(),
            previous_secret_id = CASE WHEN $3 > 0 THEN secret_id END,
            previous_secret_expires_at = CASE WHEN $3 > 0 THEN now() + $3 * interval '1 second' END
      WHERE id = $1`,
    [id, secretId, wanted.overlapSeconds],
  );
  return { kind: 'rotated', secret: made };
}
