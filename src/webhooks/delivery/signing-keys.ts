import { LRUCache } from 'lru-cache';
import type { Prepared, Sql } from '../../platform/database/sql.js';
import { UnsealError } from '../../platform/secrets/envelope.js';
import type { Keyring } from '../../platform/secrets/keyring.js';
import { type SigningKey, signingKey } from './sign.js';

/** A secret ready to sign with, or why it is not: its row is missing, or does not decrypt. */
export type Signer = SigningKey | 'missing' | 'unreadable';

/** Secrets that are signed with at about the same time. */
const MOST = 5_000;
/** After a secret's row was deleted it signs for so long at most, in ms. */
const TTL_MS = 60_000;

/**
 * The secrets in use, kept open: to read and decrypt one takes longer than to sign with it. A secret never changes under its id:
 * rotation makes a new one, and a new master key seals the same one again.
 */
export class SigningKeys {
  private readonly opened = new LRUCache<string, SigningKey>({ max: MOST, ttl: TTL_MS });

  constructor(
    private readonly sql: Sql,
    private readonly keyring: Keyring,
  ) {}

  /** Signers by secret id; a secret of another tenant's is as good as none. */
  async of(wanted: Iterable<{ tenant: string; secretIds: readonly string[] }>): Promise<(tenant: string, secretId: string) => Signer> {
    const signers = new Map<string, Signer>();
    const unknown = new Set<string>();
    for (const { tenant, secretIds } of wanted) {
      for (const id of secretIds) {
        const key = this.opened.get(`${tenant} ${id}`);
        signers.set(`${tenant} ${id}`, key ?? 'missing');
        if (key === undefined) unknown.add(id);
      }
    }
    if (unknown.size > 0) {
      const { rows } = await this.sql.query<{ id: string; tenant: string; sealed: Buffer }>(READ, [[...unknown]]);
      for (const { id, tenant, sealed } of rows) {
        const signer = openSigner(this.keyring, tenant, id, sealed);
        signers.set(`${tenant} ${id}`, signer);
        if (typeof signer !== 'string') this.opened.set(`${tenant} ${id}`, signer);
      }
    }
    return (tenant, id) => signers.get(`${tenant} ${id}`) ?? 'missing';
  }
}

/** @param id webhook_secrets.id */
export function openSigner(keyring: Keyring, tenant: string, id: string, sealed: Buffer | null): Signer {
  if (sealed === null) return 'missing';
  try {
    return signingKey(keyring.open('webhook_secrets', tenant, id, sealed));
  } catch (error) {
    if (error instanceof UnsealError) return 'unreadable';
    throw error;
  }
}

const READ: Prepared = {
  name: 'delivery.read-secrets',
  text: 'SELECT id, tenant, sealed FROM postback.webhook_secrets WHERE id = ANY ($1::uuid[])',
};
