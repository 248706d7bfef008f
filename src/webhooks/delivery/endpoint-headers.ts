import { LRUCache } from 'lru-cache';
import type { Prepared, Sql } from '../../platform/database/sql.js';
import { UnsealError } from '../../platform/secrets/envelope.js';
import type { Keyring } from '../../platform/secrets/keyring.js';

/** An endpoint's own request headers, null when it has none; or why they cannot be had: their row is missing, or does not decrypt. */
export type EndpointHeaders = Readonly<Record<string, string>> | null | 'missing' | 'unreadable';

/** Something that is sent with an endpoint's own headers. */
export interface WithHeaders {
  tenant: string;
  /** webhook_secrets.id; null: there are none, or they were not sealed yet. */
  headersSecretId: string | null;
  headers: EndpointHeaders;
}

const MOST = 5_000;
/** After their row was deleted they are sent for so long at most, in ms. */
const TTL_MS = 60_000;

/** The headers in use, kept open like the secrets that sign. They never change under an id: other headers are another secret. */
export class OpenedHeaders {
  private readonly opened = new LRUCache<string, Readonly<Record<string, string>>>({ max: MOST, ttl: TTL_MS });

  constructor(
    private readonly sql: Sql,
    private readonly keyring: Keyring,
  ) {}

  /** Writes into each what it is sent with. */
  async fill(deliveries: readonly WithHeaders[]): Promise<void> {
    const sealed = deliveries.filter(({ headersSecretId }) => headersSecretId !== null);
    if (sealed.length === 0) return;
    const found = new Map<string, EndpointHeaders>();
    const unknown = new Set<string>();
    for (const { tenant, headersSecretId: id } of sealed) {
      const headers = this.opened.get(`${tenant} ${id}`);
      found.set(`${tenant} ${id}`, headers ?? 'missing');
      if (headers === undefined) unknown.add(id!);
    }
    if (unknown.size > 0) await this.read([...unknown], found);
    for (const delivery of sealed) delivery.headers = found.get(`${delivery.tenant} ${delivery.headersSecretId}`)!;
  }

  private async read(ids: readonly string[], into: Map<string, EndpointHeaders>): Promise<void> {
    const { rows } = await this.sql.query<{ id: string; tenant: string; sealed: Buffer }>(READ, [ids]);
    for (const { id, tenant, sealed } of rows) {
      const headers = openHeaders(this.keyring, tenant, id, sealed);
      into.set(`${tenant} ${id}`, headers);
      if (headers !== null && typeof headers !== 'string') this.opened.set(`${tenant} ${id}`, headers);
    }
  }
}

/** @param id webhook_secrets.id */
export function openHeaders(keyring: Keyring, tenant: string, id: string, sealed: Buffer | null): EndpointHeaders {
  if (sealed === null) return 'missing';
  try {
    return JSON.parse(keyring.open('webhook_secrets', tenant, id, sealed)) as Record<string, string>;
  } catch (error) {
    // a secret that is no headers: the endpoint's row was changed by hand
    if (error instanceof UnsealError || error instanceof SyntaxError) return 'unreadable';
    throw error;
  }
}

const READ: Prepared = {
  name: 'delivery.read-headers',
  text: 'SELECT id, tenant, sealed FROM postback.webhook_secrets WHERE id = ANY ($1::uuid[])',
};
