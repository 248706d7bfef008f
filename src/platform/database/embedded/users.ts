import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { birthOf } from './process-birth.js';

/**
 * The living processes that use one server, each with a file of its own that says when the process was born. Whoever leaves
 * last stops the server; one that was killed is not counted any more.
 */
export interface Presence {
  /** Process ids of the others that live. */
  others(): number[];
  leave(): void;
}

export function enter(dir: string): Presence {
  const name = `${process.pid}.${randomUUID()}`;
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, name), String(birthOf(process.pid)));
  return {
    others: () => readdirSync(dir).flatMap((other) => (other !== name && lives(dir, other) ? [pidOf(other)] : [])),
    leave: () => rmSync(join(dir, name), { force: true }),
  };
}

const pidOf = (name: string): number => Number(name.split('.')[0]);

function lives(dir: string, name: string): boolean {
  const birth = birthOf(pidOf(name));
  if (birth !== null && birth === readBirth(join(dir, name))) return true;
  rmSync(join(dir, name), { force: true });
  return false;
}

/** Null when he left just now. */
function readBirth(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
