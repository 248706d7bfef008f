import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Config } from './config/config.js';
import { startEmbeddedPostgres } from './platform/database/embedded-postgres.js';

/** A Postgres to work with, and the key that its secrets are sealed with. */
export interface StartedDatabase {
  url: string;
  /** Null when none was asked for: see `ConfigNeed`. */
  masterKey: Buffer | null;
  /** Nothing to do for a database of somebody else. */
  stop(): Promise<void>;
}

/** The database that config names, or the embedded one, started. */
export async function startDatabase(config: Config, tell: (line: string) => void): Promise<StartedDatabase> {
  const { url } = config.database;
  if (url !== null) return { url, masterKey: config.keys.master, stop: async () => {} };
  mkdirSync(config.dataDir, { recursive: true });
  const server = await startEmbeddedPostgres({ dataDir: join(config.dataDir, 'postgres'), database: 'postback', log: tell });
  return { url: server.url, masterKey: config.keys.master ?? ownMasterKey(server.dataDir), stop: server.stop };
}

/** Made once, readable by this user only; lies beside the data that cannot be read without it. */
function ownMasterKey(dataDir: string): Buffer {
  const file = join(dirname(dataDir), `${basename(dataDir)}.master-key`);
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString('base64'), { mode: 0o600, flag: 'wx' });
  return Buffer.from(readFileSync(file, 'utf8'), 'base64');
}
