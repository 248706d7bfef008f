import { readdirSync, readFileSync } from 'node:fs';
import { tell } from './progress.js';

/** A clock tick of Linux, in ms. */
const TICK_MS = 10;

interface Usage {
  name: string;
  userMs: number;
  systemMs: number;
}

/** CPU that processes below the bench, and the servers of Postgres, have used so far, by their names. Empty where there is no /proc. */
export function cpuByProcess(): Map<string, Usage> {
  const usages = new Map<string, Usage>();
  for (const { name, ticks } of processes()) {
    const usage = usages.get(name) ?? { name, userMs: 0, systemMs: 0 };
    usage.userMs += ticks[0] * TICK_MS;
    usage.systemMs += ticks[1] * TICK_MS;
    usages.set(name, usage);
  }
  return usages;
}

/** What was used since then, for each of so many rows. */
export function tellCpuSince(before: Map<string, Usage>, rows: number): void {
  for (const { name, userMs, systemMs } of cpuByProcess().values()) {
    const was = before.get(name) ?? { userMs: 0, systemMs: 0 };
    const [user, system] = [userMs - was.userMs, systemMs - was.systemMs];
    if (user + system < 100) continue;
    const micros = Math.round(((user + system) * 1_000) / rows);
    tell(`CPU of ${name}: ${micros} µs per row (user ${user} ms, system ${system} ms)`);
  }
}

function* processes(): Iterable<{ name: string; ticks: [user: number, system: number] }> {
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const name = nameOf(readFileSync(`/proc/${entry}/cmdline`, 'utf8'));
      if (name === null) continue;
      const fields = readFileSync(`/proc/${entry}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
      yield { name, ticks: [Number(fields[11]), Number(fields[12])] };
    } catch {
      // it has just ended
    }
  }
}

function nameOf(commandLine: string): string | null {
  const mine = commandLine.includes(import.meta.dirname.split('/dist/')[0]!);
  if (mine && commandLine.includes('/src/main.js')) return 'service';
  if (mine && commandLine.includes('/accept-service.js')) return 'service';
  if (mine && commandLine.includes('/submit-load.js')) return 'load';
  if (mine && commandLine.includes('/sink.js')) return 'sink';
  if (mine && commandLine.includes('/bare-loop.js')) return 'bare loop';
  return commandLine.startsWith('postgres:') && commandLine.includes(`postback_bench`) ? 'Postgres' : null;
}
