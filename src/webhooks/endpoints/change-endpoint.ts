import type { Tx } from '../../platform/database/sql.js';
import { jsonText } from '../../platform/json-text.js';
import type { Keyring } from '../../platform/secrets/keyring.js';
import { lockEndpoint } from './lock-endpoint.js';
import { moveEndpoint } from './move-endpoint.js';
import type { Change, EndpointSettings } from './read-fields.js';
import { type StoredHeaders, storeHeaders } from './store-headers.js';

/** Whether there is such an endpoint of this tenant. */
export async function changeEndpoint(tx: Tx, keyring: Keyring, tenant: string, id: string, { target, settings }: Change): Promise<boolean> {
  if ((await lockEndpoint(tx, tenant, id)) === null) return false;
  const { headers, ...plain } = settings;
  await writeSettings(tx, id, plain);
  if (headers !== undefined) await writeHeaders(tx, id, await storeHeaders(tx, keyring, tenant, headers));
  if (target !== null) await moveEndpoint(tx, id, target);
  return true;
}

type PlainSettings = Omit<EndpointSettings, 'headers'>;

/** How each setting is handed to Postgres; its keys are the only names that get into the statement. */
const COLUMNS: { [K in keyof PlainSettings]: (value: PlainSettings[K]) => unknown } = {
  description: (text) => text,
  events: (types) => types,
  timeout_ms: (ms) => ms,
  retry: (retry) => retry && jsonText(retry),
  max_in_flight: (requests) => requests,
  rate_per_second: (rate) => rate,
};

async function writeSettings(tx: Tx, id: string, settings: Partial<PlainSettings>): Promise<void> {
  const names = (Object.keys(COLUMNS) as (keyof PlainSettings)[]).filter((name) => settings[name] !== undefined);
  const values = names.map((name) => (COLUMNS[name] as (value: unknown) => unknown)(settings[name]));
  const assignments = names.map((name, index) => `${name} = $${index + 2}`);
  // a new rate counts from now: what the old one has put off is forgotten
  if (settings.rate_per_second !== undefined) assignments.push('rate_next_at = NULL');
  await tx.query(`UPDATE postback.webhook_endpoints SET ${[...assignments, 'updated_at = now()'].join(', ')} WHERE id = $1`, [
    id,
    ...values,
  ]);
}

async function writeHeaders(tx: Tx, id: string, { names, secretId }: StoredHeaders): Promise<void> {
  await tx.query('UPDATE postback.webhook_endpoints SET headers = NULL, header_names = $2, headers_secret_id = $3 WHERE id = $1', [
    id,
    names,
    secretId,
  ]);
}
