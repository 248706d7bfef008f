import { parseArgs } from 'node:util';
import { createKey } from './admin/keys/create-key.js';
import type { KeyRow } from './admin/keys/key-row.js';
import { listKeys } from './admin/keys/list-keys.js';
import { readKeyFields, readKeyOverlap } from './admin/keys/read-key-fields.js';
import { revokeKey } from './admin/keys/revoke-key.js';
import { rotateKey } from './admin/keys/rotate-key.js';
import { ConfigError } from './config/config-error.js';
import { readEnvironment } from './config/environment.js';
import { loadConfig } from './config/load-config.js';
import { type Actor, commandActor } from './platform/audit/actor.js';
import { createDataSource } from './platform/database/data-source.js';
import { Database } from './platform/database/database.js';
import { Problem } from './platform/http/problem.js';
import { isId } from './platform/ids.js';
import { startDatabase } from './start-database.js';

const USAGE = `Manages API keys.

  npm run keys -- list [--tenant acme]
  npm run keys -- create --tenant acme --name "CI of acme" --scopes submit,read [--expires-in 90d]
  npm run keys -- rotate <id> [--overlap 24h]   a new key; the former one goes on for the overlap
  npm run keys -- revoke <id>                   refused by every process within POSTBACK_KEY_CACHE_MS

Times are like 30s, 15m, 24h or 90d. A key is printed this once, alone on stdout; only its hash is kept.`;

const UNIT_SECONDS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Postgres: a table or column that is not there (yet). */
const NOT_MIGRATED = ['42P01', '42703'];

/** What went wrong is the caller's to correct; said without a stack. */
class UsageError extends Error {}

const tell = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

try {
  const { values, positionals } = readArguments();
  const [command, id] = positionals;
  const verbs: Record<string, (database: Database) => Promise<void>> = {
    list: (database) => list(database, values.tenant ?? null),
    create: (database) => create(database, values),
    rotate: (database) => rotate(database, readId(id), values.overlap),
    revoke: (database) => revoke(database, readId(id)),
  };
  const verb = command === undefined ? undefined : verbs[command];
  if (values.help) print(USAGE);
  else if (verb === undefined) throw new UsageError(USAGE);
  else await withDatabase(verb);
} catch (error) {
  tell(explain(error));
  process.exitCode = 1;
}

function readArguments() {
  const text = { type: 'string' } as const;
  const help = { type: 'boolean', short: 'h' } as const;
  const options = { help, tenant: text, name: text, scopes: text, 'expires-in': text, overlap: text };
  try {
    return parseArgs({ allowPositionals: true, options });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${USAGE}`);
  }
}

async function withDatabase(work: (database: Database) => Promise<void>): Promise<void> {
  const started = await startDatabase(loadConfig(readEnvironment(), 'database'), tell);
  try {
    const dataSource = createDataSource({ url: started.url, poolSize: 1, applicationName: 'postback keys' });
    await dataSource.initialize();
    const database = new Database(dataSource);
    try {
      await work(database);
    } finally {
      await database.close();
    }
  } finally {
    await started.stop();
  }
}

async function list(database: Database, tenant: string | null): Promise<void> {
  let position: { createdAt: string; id: string } | null = null;
  for (;;) {
    const rows: Awaited<ReturnType<typeof listKeys>> = await listKeys(database, tenant, position, 100);
    for (const row of rows) print(describe(row));
    const last = rows.at(-1);
    if (last === undefined || rows.length < 100) return;
    position = { createdAt: last.position, id: last.id };
  }
}

function describe({ id, tenant, name, scopes, expires_at, revoked_at, last_used_at }: KeyRow): string {
  const state = revoked_at ? `revoked ${revoked_at.toISOString()}` : expires_at ? `expires ${expires_at.toISOString()}` : 'live';
  return [id, tenant, scopes.join(','), state, `used ${last_used_at?.toISOString() ?? 'never'}`, name].join('\t');
}

async function create(database: Database, options: { tenant?: string; name?: string; scopes?: string; 'expires-in'?: string }) {
  const { tenant, name, scopes } = options;
  const expiresIn = options['expires-in'];
  const wanted = readKeyFields({
    tenant,
    name,
    scopes: scopes?.split(',').map((scope) => scope.trim()),
    ...(expiresIn !== undefined && { expires_in: seconds(expiresIn) }),
  });
  const made = await createKey(database, actor(), wanted);
  tell(`Key ${made.id} of tenant ${made.tenant}. It is shown this once:`);
  print(made.key);
}

async function rotate(database: Database, id: string, overlap: string | undefined): Promise<void> {
  const overlapSeconds = readKeyOverlap(overlap === undefined ? {} : { overlap_seconds: seconds(overlap) });
  const rotation = await rotateKey(database, actor(), id, overlapSeconds);
  switch (rotation.kind) {
    case 'rotated':
      tell(`Key ${rotation.made.id} replaces ${id}, which is accepted for another ${overlapSeconds} s. It is shown this once:`);
      return print(rotation.made.key);
    case 'unknown':
      throw new UsageError(`There is no key ${id}.`);
    case 'not_live':
      throw new UsageError(`Key ${id} has expired or was revoked; create a new one.`);
    case 'replaced':
      throw new UsageError(`Another key replaces ${id} already; rotate or revoke that one.`);
    default:
      throw new Error(`A rotation cannot end as ${rotation satisfies never}.`);
  }
}

async function revoke(database: Database, id: string): Promise<void> {
  const revoked = await revokeKey(database, actor(), id);
  if (revoked === null) throw new UsageError(`There is no key ${id}.`);
  tell(`Key ${id} is revoked. A key that a setting names comes back with the next boot: remove it there, too.`);
}

function actor(): Actor {
  return commandActor('npm run keys');
}

function readId(id: string | undefined): string {
  if (id === undefined || !isId(id)) throw new UsageError(`Name the id of a key, as "npm run keys -- list" prints it.\n\n${USAGE}`);
  return id;
}

function seconds(text: string): number {
  const [, count, unit = 's'] = /^(\d{1,9})([smhd])?$/.exec(text) ?? [];
  if (count === undefined) throw new UsageError(`"${text}" is no time; write it like 30s, 15m, 24h or 90d.`);
  return Number(count) * UNIT_SECONDS[unit]!;
}

function explain(error: unknown): string {
  if (error instanceof Problem)
    return [error.detail, ...(error.more.errors ?? []).map(({ field, detail }) => `  ${field}: ${detail}`)].join('\n');
  if (error instanceof UsageError || error instanceof ConfigError) return error.message;
  if (NOT_MIGRATED.includes((error as { code?: string }).code ?? ''))
    return 'This database is not up to date. Run `npm run migrate` first.';
  return `The keys could not be managed: ${error instanceof Error ? error.message : error}`;
}
