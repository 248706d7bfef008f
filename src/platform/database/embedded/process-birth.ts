import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * When a process was born, as an opaque text; null when it does not live. A process id alone proves nothing: ids are given
 * out again, in a container the same few at every start.
 */
export function birthOf(pid: number): string | null {
  return process.platform === 'linux' ? birthOnLinux(pid) : birthByPs(pid);
}

export const isAlive = (pid: number): boolean => birthOf(pid) !== null;

function birthOnLinux(pid: number): string | null {
  try {
    // The name in parentheses may hold anything, so count from its end: the first field is the state, the 20th the start.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const isZombie = fields[0] === 'Z' || fields[0] === 'X';
    // Starts are counted from the machine's boot.
    return isZombie ? null : `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${fields[19]}`;
  } catch {
    return null;
  }
}

function birthByPs(pid: number): string | null {
  const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', env: { LC_ALL: 'C' } });
  return stdout.trim() || null;
}
