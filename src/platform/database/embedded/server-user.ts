import { execFileSync, spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';

/** Whom the server runs as; empty means as ourselves. Spreads into the options of a spawn. */
export interface ServerUser {
  uid?: number;
  gid?: number;
}

const NAME = 'postgres';

/**
 * Postgres refuses to run as root, so root hands it to the user `postgres`, who is made when absent. A cluster that already
 * belongs to somebody else stays his.
 */
export function serverUser(cluster: string): ServerUser {
  if (process.getuid?.() !== 0) return {};
  const owner = statSync(cluster, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  return findUser() ?? makeUser();
}

function findUser(): ServerUser | null {
  const [uid, gid] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, NAME], { encoding: 'utf8' }));
  return uid?.status === 0 && gid?.status === 0 ? { uid: Number(uid.stdout), gid: Number(gid.stdout) } : null;
}

function makeUser(): ServerUser {
  try {
    execFileSync('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', NAME], { stdio: 'pipe' });
  } catch (cause) {
    throw new Error(`Postgres cannot run as root, and the user ${NAME} could not be made. Run as another user, or make that one.`, {
      cause,
    });
  }
  const made = findUser();
  if (!made) throw new Error(`The user ${NAME} was made but cannot be found. Run as another user than root.`);
  return made;
}

/** Asks the kernel rather than the mode bits, which know nothing of access lists and mounts. */
export function canEnter(user: ServerUser, path: string): boolean {
  return user.uid === undefined || spawnSync('test', ['-x', path], { ...user, cwd: '/', stdio: 'ignore' }).status === 0;
}
