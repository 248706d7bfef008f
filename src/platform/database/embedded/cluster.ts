import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inside, moveUnlessThere, type Place } from './place.js';

const run = promisify(execFile);

/** Nothing of ours reaches the server's environment: it would be readable there for as long as the server lives. */
export const serverEnv = { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' };

/**
 * Makes the cluster unless it is there. Built under another name and then renamed, password included, so that a first start
 * that was killed leaves nothing half made in its place, and two first starts at once cannot mix.
 */
export async function ensureCluster(place: Place, durable: boolean): Promise<void> {
  if (existsSync(place.cluster)) return assertVersion(place);
  const half = `${place.home}.${randomUUID()}`;
  try {
    await makeCluster(half, place, durable);
    moveUnlessThere(half, place.home);
  } finally {
    rmSync(half, { recursive: true, force: true });
  }
}

async function makeCluster(home: string, place: Place, durable: boolean): Promise<void> {
  const { cluster, passwordFile, users } = inside(home);
  mkdirSync(home);
  // The umask may be stricter, and the server's user has to get through; what is inside is closed to others.
  chmodSync(home, 0o711);
  mkdirSync(users, { mode: 0o700 });
  mkdirSync(cluster, { mode: 0o700 });
  writeFileSync(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
  if (place.user.uid !== undefined) for (const path of [cluster, passwordFile]) chownSync(path, place.user.uid, place.user.gid ?? 0);
  await initdb(place, [`--pgdata=${cluster}`, `--pwfile=${passwordFile}`, ...(durable ? [] : ['--no-sync'])]);
}

/** The built-in C.UTF-8 needs no locale of the machine and sorts the same on every one. */
const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];

async function initdb(place: Place, flags: string[]): Promise<void> {
  try {
    const all = ['--username=postgres', '--auth=scram-sha-256', '--no-instructions', ...locale, ...flags];
    await run(join(place.bin, 'initdb'), all, { ...place.user, env: serverEnv, cwd: '/' });
  } catch (cause) {
    throw new Error(`The embedded Postgres could not be set up: ${(cause as { stderr?: string }).stderr?.trim() || cause}`, { cause });
  }
}

function assertVersion(place: Place): void {
  const made = readVersion(place.cluster);
  if (place.version.startsWith(`${made}.`)) return;
  throw new Error(
    `The data in ${place.cluster} was made by Postgres ${made}, and this is ${place.version}. Dump it with the version that made it, or set POSTBACK_DATA_DIR to another directory.`,
  );
}

function readVersion(cluster: string): string {
  try {
    return readFileSync(join(cluster, 'PG_VERSION'), 'utf8').trim();
  } catch (cause) {
    throw new Error(`${cluster} cannot be read. Run as the user it belongs to, or set POSTBACK_DATA_DIR to another directory.`, { cause });
  }
}
