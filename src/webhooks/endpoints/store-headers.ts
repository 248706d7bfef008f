import type { Tx } from '../../platform/database/sql.js';
import { jsonText } from '../../platform/json-text.js';
import type { Keyring } from '../../platform/secrets/keyring.js';
import { storeSecrets } from './store-secrets.js';

/** The names of an endpoint's headers, for people, and the secret that holds them with their values. */
export interface StoredHeaders {
  names: string[] | null;
  secretId: string | null;
}

/** Headers carry the receiver's credentials: they are sealed among the secrets, and a new master key seals them anew with these. */
export async function storeHeaders(
  tx: Tx,
  keyring: Keyring,
  tenant: string,
  headers: Readonly<Record<string, string>> | null,
): Promise<StoredHeaders> {
  if (headers === null) return { names: null, secretId: null };
  const [secretId] = await storeSecrets(tx, keyring, [{ tenant, secret: jsonText(headers) }]);
  return { names: Object.keys(headers), secretId: secretId! };
}
