import type { Tx } from '../../platform/database/sql.js';
import { newId } from '../../platform/ids.js';
import type { AdHocKey } from './ad-hoc-key.js';
import { IDLE } from './collect-endpoints.js';

export interface EndpointWanted extends AdHocKey {
  tenant: string;
}

/** Ids of ad-hoc endpoints that were seen before. */
export type KnownEndpoints = Map<string, string>;

export async function lookUpAdHocEndpoints(tx: Tx, wanted: readonly EndpointWanted[]): Promise<KnownEndpoints> {
  return wanted.length === 0 ? new Map() : select(tx, [...distinct(wanted).values()]);
}

/** Ids of the ad-hoc endpoints of a group of submits, in the order asked; those that are not known are made. */
export async function findAdHocEndpoints(tx: Tx, wanted: readonly EndpointWanted[], known?: KnownEndpoints): Promise<string[]> {
  const ids = new Map(known ?? (await lookUpAdHocEndpoints(tx, wanted)));
  const missing = [...distinct(wanted)].filter(([key]) => !ids.has(key)).map(([, endpoint]) => endpoint);
  if (missing.length > 0) {
    await insert(tx, missing);
    // a statement of its own: only a new snapshot sees the row that a concurrent submit has just committed
    for (const [key, id] of await select(tx, missing)) ids.set(key, id);
  }
  return wanted.map((endpoint) => ids.get(keyOf(endpoint))!);
}

const distinct = (wanted: readonly EndpointWanted[]) => new Map(wanted.map((endpoint) => [keyOf(endpoint), endpoint]));

async function select(tx: Tx, endpoints: readonly EndpointWanted[]): Promise<Map<string, string>> {
  const { rows } = await tx.query<{ id: string; tenant: string; url: string; idle: boolean }>(
    {
      name: 'endpoints.find-ad-hoc',
      text: `SELECT e.id, e.tenant, e.url, ${IDLE} AS idle FROM unnest($1::text[], $2::text[]) AS w (tenant, url)
       JOIN postback.webhook_endpoints e ON e.kind = 'ad_hoc' AND e.tenant = w.tenant AND e.url = w.url`,
    },
    [endpoints.map((e) => e.tenant), endpoints.map((e) => e.url)],
  );
  const kept = await keep(
    tx,
    rows.filter(({ idle }) => idle).map(({ id }) => id),
  );
  return new Map(rows.filter(({ id, idle }) => !idle || kept.has(id)).map((row) => [keyOf(row), row.id]));
}

/** Endpoints that may be collected at this very moment are locked until the submit commits; one that is gone by then is made anew. */
async function keep(tx: Tx, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const { rows } = await tx.query<{ id: string }>(
    'SELECT id FROM postback.webhook_endpoints WHERE id = ANY ($1) ORDER BY id FOR KEY SHARE',
    [ids],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Sorted, so that two groups that meet at the same unique keys wait for one another instead of deadlocking. */
async function insert(tx: Tx, endpoints: readonly EndpointWanted[]): Promise<void> {
  const sorted = [...endpoints].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  await tx.query(
    `INSERT INTO postback.webhook_endpoints (id, tenant, kind, url, origin)
     SELECT id, tenant, 'ad_hoc', url, origin FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS n (id, tenant, url, origin)
     ON CONFLICT (tenant, url) WHERE kind = 'ad_hoc' DO NOTHING`,
    [sorted.map(newId), sorted.map((e) => e.tenant), sorted.map((e) => e.url), sorted.map((e) => e.origin)],
  );
}

const keyOf = ({ tenant, url }: { tenant: string; url: string }) => `${tenant}\n${url}`;
