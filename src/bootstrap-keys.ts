import { ensureKey } from './admin/keys/ensure-key.js';
import type { Config } from './config/config.js';
import { commandActor } from './platform/audit/actor.js';
import type { Database } from './platform/database/database.js';
import { anyApiKey, randomKey } from './platform/http/api-keys.js';
import { newId } from './platform/ids.js';

const consumer = { tenant: 'default', name: 'bootstrap consumer key', scopes: ['submit', 'read'] } as const;
const admin = { tenant: 'default', name: 'bootstrap admin key', scopes: ['submit', 'read', 'admin'] } as const;

/**
 * Keys that config names exist after boot. An embedded database without any key gets a pair of its own, told once:
 * without it a first visitor could not make a single call.
 */
export async function bootstrapKeys(database: Database, config: Config, tell: (line: string) => void): Promise<void> {
  const { bootstrapApi, bootstrapAdmin } = config.keys;
  if (bootstrapApi !== null)
    await ensureKey(database, commandActor('boot with POSTBACK_BOOTSTRAP_API_KEY'), { ...consumer, key: bootstrapApi });
  if (bootstrapAdmin !== null)
    await ensureKey(database, commandActor('boot with POSTBACK_BOOTSTRAP_ADMIN_KEY'), { ...admin, key: bootstrapAdmin });
  if (!config.database.embedded || (await anyApiKey(database))) return;
  const [apiId, allId] = [newId(), newId()];
  const [api, all] = [randomKey(apiId), randomKey(allId)];
  await ensureKey(database, commandActor('first boot'), { ...consumer, id: apiId, key: api });
  await ensureKey(database, commandActor('first boot'), { ...admin, id: allId, key: all });
  tell(`API key:   ${api}\nAdmin key: ${all}\nThese two are shown this once; keep them.`);
}
