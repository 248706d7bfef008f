import type { Tx } from '../../platform/database/sql.js';
import type { EndpointState } from './states.js';

/** A registered endpoint that a submit names. */
export interface NamedEndpoint {
  tenant: string;
  id: string;
}

/** Answers, for each, why it may not be named; null when it may. One statement for a group of submits. */
export async function checkNamedEndpoints(tx: Tx, named: readonly NamedEndpoint[]): Promise<(endpoint: NamedEndpoint) => string | null> {
  if (named.length === 0) return () => null;
  const { rows } = await tx.query<NamedEndpoint & { state: EndpointState }>(
    `SELECT e.tenant, e.id, e.state
       FROM postback.webhook_endpoints e JOIN unnest($1::text[], $2::uuid[]) AS n (tenant, id) ON n.id = e.id AND n.tenant = e.tenant
      WHERE e.kind = 'registered' AND e.deleted_at IS NULL`,
    [named.map(({ tenant }) => tenant), named.map(({ id }) => id)],
  );
  const states = new Map(rows.map((row) => [keyOf(row), row.state]));
  return (endpoint) => {
    const state = states.get(keyOf(endpoint));
    if (state === undefined) return `No endpoint with the id ${endpoint.id} is registered.`;
    // a paused one is named all the same: what is for it waits
    return state === 'disabled' ? `The endpoint ${endpoint.id} is disabled; resume it first.` : null;
  };
}

const keyOf = ({ tenant, id }: NamedEndpoint) => `${tenant}\n${id}`;
