import { createDataSource } from '../../src/platform/database/data-source.js';
import { Database } from '../../src/platform/database/database.js';
import { masterKeys } from '../../src/platform/secrets/envelope.js';
import { Keyring } from '../../src/platform/secrets/keyring.js';
import { adHocKey } from '../../src/webhooks/endpoints/ad-hoc-key.js';
import { findAdHocEndpoints } from '../../src/webhooks/endpoints/find-ad-hoc-endpoints.js';
import { storeSecrets } from '../../src/webhooks/endpoints/store-secrets.js';
import { MASTER_KEY } from './service.js';

export const TENANT = 'default';
export const SECRET = 'my-client-super-secret-key';

/** Where rows can be addressed to. */
export interface Endpoints {
  ids: string[];
  urls: string[];
  secretId: string;
}

/** Ad-hoc endpoints as submits make them, with a secret sealed under the service's own master key. */
export async function createEndpoints(databaseUrl: string, urls: string[]): Promise<Endpoints> {
  const dataSource = createDataSource({ url: databaseUrl, poolSize: 2, applicationName: 'postback bench', statementTimeoutMs: 0 });
  await dataSource.initialize();
  const database = new Database(dataSource);
  try {
    const keyring = await Keyring.load(database, masterKeys(Buffer.from(MASTER_KEY, 'base64')));
    return await database.transaction(async (tx) => {
      const [secretId] = await storeSecrets(tx, keyring, [{ tenant: TENANT, secret: SECRET }]);
      const ids = await findAdHocEndpoints(
        tx,
        urls.map((url) => ({ tenant: TENANT, ...adHocKey(new URL(url)) })),
      );
      return { ids, urls, secretId: secretId! };
    });
  } finally {
    await database.close();
  }
}

/** `each` URLs under every origin. */
export function urlsUnder(origins: readonly string[], each: number, prefix = 'e'): string[] {
  return Array.from({ length: each }, (_, i) => origins.map((origin) => `${origin}/${prefix}${i}`)).flat();
}
