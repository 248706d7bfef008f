import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Config } from './config/config.js';
import { startEmbeddedPostgres } from './platform/database/embedded-postgres.js';
import { type MasterKeys, masterKeys } from './platform/secrets/envelope.js';

/** A Postgres to work with, and the keys that its secrets are sealed with. */
export interface StartedDatabase {
  url: string;
  /** Null when none was asked for: see `ConfigNeed`. */
  masterKeys: MasterKeys | null;
  /** Nothing to do for a database of somebody else. */
  stop(): Promise<void>;
}

/** The database that config names, or the embedded one, started. */
export async function startDatabase(config: Config, tell: (line: string) => void): Promise<StartedDatabase> {
  const { url } = config.database;
  const { master, otherMasters } = config.keys;
  if (url !== null) return { url, masterKeys: master && masterKeys(master, otherMasters ?? []), stop: async () => {} };
  mkdirSync(config.dataDir, { recursive: true });
  const server = await startEmbeddedPostgres({ dataDir: join(config.dataDir, 'postgres'), database: 'postback', log: tell });
  return { url: server.url, masterKeys: embeddedKeys(config, server.dataDir), stop: server.stop };
}

/** The generated key stays among the known ones when config names another: what it sealed has to open until it is rotated. */
function embeddedKeys({ keys: { master, otherMasters } }: Config, dataDir: string): MasterKeys {
  const file = join(dirname(dataDir), `${basename(dataDir)}.master-key`);
  if (master === null) return masterKeys(ownMasterKey(file), otherMasters ?? []);
  return masterKeys(master, [...(otherMasters ?? []), ...(existsSync(file) ? [ownMasterKey(file)] : [])]);
}

/** Made once, readable by this user only; lies beside the data that cannot be read without it. */
function ownMasterKey(file: string): Buffer {
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString('base64'), { mode: 0o600, flag: 'wx' });
  return Buffer.from(readFileSync(file, 'utf8'), 'base64');
}
