import type { Config } from './config/config.js';
import type { Sql } from './platform/database/sql.js';
import { anyApiKey, ensureApiKey, randomKey } from './platform/http/api-keys.js';
import { newId } from './platform/ids.js';

const consumer = { tenant: 'default', name: 'bootstrap consumer key', scopes: ['submit', 'read'] } as const;
const admin = { tenant: 'default', name: 'bootstrap admin key', scopes: ['submit', 'read', 'admin'] } as const;

/**
 * Keys that config names exist after boot. An embedded database without any key gets a pair of its own, told once:
 * without it a first visitor could not make a single call.
 */
export async function bootstrapKeys(sql: Sql, { keys, database }: Config, tell: (line: string) => void): Promise<void> {
  if (keys.bootstrapApi !== null) await ensureApiKey(sql, { ...consumer, key: keys.bootstrapApi });
  if (keys.bootstrapAdmin !== null) await ensureApiKey(sql, { ...admin, key: keys.bootstrapAdmin });
  if (!database.embedded || (await anyApiKey(sql))) return;
  const [apiId, allId] = [newId(), newId()];
  const [api, all] = [randomKey(apiId), randomKey(allId)];
  await ensureApiKey(sql, { ...consumer, id: apiId, key: api });
  await ensureApiKey(sql, { ...admin, id: allId, key: all });
  tell(`API key:   ${api}\nAdmin key: ${all}\nThese two are shown this once; keep them.`);
}
