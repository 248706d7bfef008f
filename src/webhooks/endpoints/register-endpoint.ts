import type { Tx } from '../../platform/database/sql.js';
import { newId } from '../../platform/ids.js';
import { jsonText } from '../../platform/json-text.js';
import type { Keyring } from '../../platform/secrets/keyring.js';
import { generateSecret } from './endpoint-secret.js';
import type { Registration } from './read-fields.js';
import { storeHeaders } from './store-headers.js';
import { storeSecrets } from './store-secrets.js';

/** `secret`: the one that was made, to be shown once; null when the owner gave one. */
export interface Registered {
  id: string;
  secret: string | null;
}

export async function registerEndpoint(tx: Tx, keyring: Keyring, tenant: string, wanted: Registration): Promise<Registered> {
  const { url, origin, settings } = wanted;
  const made = wanted.secret === null ? generateSecret() : null;
  const id = newId();
  const [secretId] = await storeSecrets(tx, keyring, [{ tenant, secret: wanted.secret ?? made! }]);
  const headers = await storeHeaders(tx, keyring, tenant, settings.headers);
  await tx.query(
    `INSERT INTO postback.webhook_endpoints
            (id, tenant, kind, url, origin, secret_id, description, events, header_names, headers_secret_id, timeout_ms, retry, max_in_flight, rate_per_second)
     VALUES ($1, $2, 'registered', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [
      id,
      tenant,
      url,
      origin,
      secretId,
      settings.description,
      settings.events,
      headers.names,
      headers.secretId,
      settings.timeout_ms,
      settings.retry && jsonText(settings.retry),
      settings.max_in_flight,
      settings.rate_per_second,
    ],
  );
  return { id, secret: made };
}
