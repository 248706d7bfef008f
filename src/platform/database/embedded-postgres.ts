import { readFileSync } from 'node:fs';
import pg from 'pg';
import { ensureCluster } from './embedded/cluster.js';
import { choosePlace, type Place } from './embedded/place.js';
import { findPostmaster, type Postmaster, signal, stopPostmaster } from './embedded/postmaster.js';
import { runServer } from './embedded/server.js';
import { enter, type Presence } from './embedded/users.js';

export interface EmbeddedPostgresOptions {
  /** Where the cluster lives; made when absent. */
  dataDir: string;
  /** Made when absent. */
  database: string;
  /** Rare lines for the operator. The server's own log is a file beside the cluster. */
  log: (line: string) => void;
  /** Server settings on top of ours, such as `{ fsync: 'off' }` for tests; not applied to a server that already runs. */
  serverSettings?: Readonly<Record<string, string>>;
}

export interface EmbeddedPostgres {
  /** Of the database, as a superuser. */
  url: string;
  /** The directory in use: the one asked for, or its replacement when the server's user cannot enter that. */
  dataDir: string;
  /** A server that a killed process had left behind was taken over. */
  adopted: boolean;
  /** Stops the server, unless another living process uses it: the last one out stops it. */
  stop(): Promise<void>;
}

/**
 * A real Postgres of our own under `dataDir`, at a port that is free. A process that is killed leaves the server running;
 * it is harmless (loopback only, a password nobody knows) and the next start takes it over.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const place = choosePlace(options.dataDir, options.log);
  await ensureCluster(place, options.serverSettings?.fsync !== 'off');
  // Before looking for a server: whoever is about to stop one then sees that it is wanted.
  const presence = enter(place.users);
  const alone = presence.others().length === 0;
  try {
    const { server, found } = await answeringServer(place, options);
    const adopted = found && alone && presence.others().length === 0;
    if (adopted) options.log(`Took over the Postgres that a killed process had left running (process ${server.pid}).`);
    return { url: urlOf(server, place, options.database), dataDir: place.dataDir, adopted, stop: stopper(place, presence) };
  } catch (error) {
    await leave(place, presence);
    throw error;
  }
}

const CONNECT_TRIES = 3;

async function answeringServer(place: Place, options: EmbeddedPostgresOptions): Promise<{ server: Postmaster; found: boolean }> {
  for (let tries = 1; ; tries++) {
    const { server, found } = await runServer(place, options.serverSettings ?? {});
    try {
      await ensureDatabase(urlOf(server, place, 'postgres'), options.database);
      return { server, found };
    } catch (error) {
      // One that is being stopped by the last process that used it does not count.
      const now = findPostmaster(place.cluster);
      if (tries === CONNECT_TRIES || (now?.pid === server.pid && now.ready)) throw error;
    }
  }
}

const DUPLICATE_DATABASE = ['42P04', '23505'];

async function ensureDatabase(url: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on('error', () => {}); // the statement under way reports it
  await client.connect();
  try {
    const { rows } = await client.query<{ encoding: string; exists: boolean }>(
      `SELECT current_setting('server_encoding') AS encoding, EXISTS (SELECT FROM pg_database WHERE datname = $1) AS exists`,
      [name],
    );
    if (rows[0]?.encoding !== 'UTF8') throw new Error(`The embedded Postgres has encoding ${rows[0]?.encoding} instead of UTF8.`);
    if (!rows[0].exists) await createDatabase(client, name);
  } finally {
    await client.end();
  }
}

/** Two first starts at once may both find it missing. */
async function createDatabase(client: pg.Client, name: string): Promise<void> {
  await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`).catch((error: { code?: string }) => {
    if (!DUPLICATE_DATABASE.includes(error.code ?? '')) throw error;
  });
}

function urlOf({ port }: Postmaster, { passwordFile }: Place, database: string): string {
  return `postgres://postgres:${readFileSync(passwordFile, 'utf8').trim()}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
}

function stopper(place: Place, presence: Presence): () => Promise<void> {
  // An exit without stop(), by an uncaught error say, cannot wait for the server but can still tell it.
  const onExit = (): void => {
    const server = lastOut(place, presence);
    if (server) signal(server.pid, 'SIGINT');
  };
  process.once('exit', onExit);
  let stopped: Promise<void> | null = null;
  return () => {
    process.off('exit', onExit);
    stopped ??= leave(place, presence);
    return stopped;
  };
}

async function leave(place: Place, presence: Presence): Promise<void> {
  const server = lastOut(place, presence);
  if (server) await stopPostmaster(server);
}

/** The server to stop, when nobody else is there. Nothing may be awaited from here to the signal, or somebody could come in. */
function lastOut(place: Place, presence: Presence): Postmaster | null {
  presence.leave();
  return presence.others().length === 0 ? findPostmaster(place.cluster) : null;
}
