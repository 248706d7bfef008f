import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/platform/package-root.js';
import { atEnd } from './cleanup.js';
import type { Options } from './options.js';

export const MASTER_KEY = Buffer.alloc(32, 7).toString('base64');
export const API_KEY = 'bench-consumer-key';

export interface Service {
  /** Where its API answers; null without the role api. */
  url: string | null;
  /** Lines of its log that are worth a look. */
  troubles(): string[];
  stop(): Promise<void>;
}

export interface ServiceSettings {
  databaseUrl: string;
  roles: string;
  /** On top of the defaults that users have. */
  more?: Record<string, string>;
}

/** The built service in a process of its own, with its log in a file, as a container's would be. Resolves once it works. */
export async function startService({ databaseUrl, roles, more = {} }: ServiceSettings, { profile }: Options): Promise<Service> {
  const dir = mkdtempSync(join(tmpdir(), 'postback-bench-log-'));
  const logFile = join(dir, 'log');
  const log = openSync(logFile, 'w');
  const flags = profile === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const child = spawn(process.execPath, [...flags, packageRoot('dist/src/main.js')], {
    cwd: dir, // away from anybody's .env
    env: { PATH: process.env.PATH ?? '', ...environment(databaseUrl, roles), ...more },
    stdio: ['ignore', log, 'pipe'],
  });
  closeSync(log);
  const stop = atEnd(async () => {
    await end(child);
    rmSync(dir, { recursive: true, force: true });
  });
  const url = await ready(child);
  return { url, stop, troubles: () => troublesIn(logFile) };
}

export function environment(databaseUrl: string, roles: string): Record<string, string> {
  return {
    DATABASE_URL: databaseUrl,
    POSTBACK_ROLES: roles,
    PORT: '0',
    POSTBACK_MASTER_KEY: MASTER_KEY,
    POSTBACK_BOOTSTRAP_API_KEY: API_KEY,
    POSTBACK_DEMO_AGENTS: 'true',
    // one key makes all the load
    POSTBACK_KEY_RATE_PER_SECOND: '1000000',
    POSTBACK_KEY_BURST: '1000000',
    POSTBACK_TENANT_MAX_QUEUED: '100000000',
    POSTBACK_EGRESS_ALLOW_HTTP: 'true',
    POSTBACK_EGRESS_ALLOW_CIDRS: '127.0.0.0/8',
  };
}

/** It tells a person on stderr when it is up, and where. */
function ready(child: ChildProcess): Promise<string | null> {
  let told = '';
  return new Promise((resolve, reject) => {
    child.stderr!.on('data', (chunk) => {
      told += chunk;
      const up = /^Postback (?:works as .*|is ready at (\S+) .*)\n/m.exec(told);
      if (up !== null) resolve(up[1] ?? null);
    });
    child.once('exit', () => reject(new Error(`The service ended before it was ready:\n${told}`)));
  });
}

function troublesIn(logFile: string): string[] {
  const lines = readFileSync(logFile, 'utf8').split('\n');
  return lines.filter((line) => /"level":"(warn|error|fatal)"/.test(line));
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 30_000);
  await ended;
  clearTimeout(late);
}
