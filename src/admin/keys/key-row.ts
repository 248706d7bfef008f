import type { Scope } from '../../platform/http/principal.js';

/** A key as it is shown: of the key itself nothing but its id is left. */
export interface KeyRow {
  id: string;
  tenant: string;
  name: string;
  scopes: Scope[];
  created_at: Date;
  expires_at: Date | null;
  revoked_at: Date | null;
  last_used_at: Date | null;
  replaces: string | null;
}

export const KEY_COLUMNS = 'id, tenant, name, scopes, created_at, expires_at, revoked_at, last_used_at, replaces';

/** Without what else a query may have asked for. */
export function showKey({ id, tenant, name, scopes, created_at, expires_at, revoked_at, last_used_at, replaces }: KeyRow): KeyRow {
  return { id, tenant, name, scopes, created_at, expires_at, revoked_at, last_used_at, replaces };
}

/** What the audit log says of a key. */
export function auditedKey({ name, scopes, expires_at, revoked_at, replaces }: KeyRow): object {
  return { name, scopes, expires_at, revoked_at, replaces };
}
