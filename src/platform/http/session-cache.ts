import type { Sql } from '../database/sql.js';
import { KeyCache, type KeyCacheOptions } from './key-cache.js';
import { findLiveSessions, noteSessionUse } from './sessions.js';

/** Who is signed in at the console, as `KeyCache` knows who holds a key. */
export class SessionCache extends KeyCache {
  constructor(sql: Sql, options: KeyCacheOptions) {
    super(sql, options, { findLive: findLiveSessions, idOf: ({ session }) => session!.id, noteUse: noteSessionUse });
  }
}
