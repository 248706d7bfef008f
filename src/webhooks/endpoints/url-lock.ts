import type { Tx } from '../../platform/database/sql.js';

/** Tells this lock from the other two-number advisory locks of the database. */
const CLASS = 7_265_001;

/**
 * An endpoint's URL is copied into its outbox rows. Whoever is about to copy it holds this lock, shared, from before he reads
 * the URL until his commit; whoever changes it holds it alone, and so finds every row that carries the old one. Row locks would
 * do the same, but each would write to the endpoint's row and wait for every finish that updates its health.
 */
export async function holdUrls(tx: Tx, endpointIds: readonly string[]): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock_shared($1, hashtext(id)) FROM (SELECT unnest($2::text[]) AS id ORDER BY 1) ids', [
    CLASS,
    [...new Set(endpointIds)],
  ]);
}

/** Waits for those that hold the URL; the lock order is this one, then endpoints, then outbox rows. */
export async function lockUrl(tx: Tx, endpointId: string): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock($1, hashtext($2::text))', [CLASS, endpointId]);
}
