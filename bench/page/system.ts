import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { packageRoot } from '../../src/platform/package-root.js';
import { version } from '../../src/platform/version.js';
import { cleanUp } from '../support/cleanup.js';
import type { Options } from '../support/options.js';
import { connect, startPostgres } from '../support/postgres.js';

/** What the figures were taken on. */
export async function readSystem(options: Options): Promise<Record<string, string>> {
  const { dependencies } = JSON.parse(readFileSync(packageRoot('package.json'), 'utf8'));
  return {
    processor: `${cpus().length} cores of ${cpus()[0]?.model.trim() ?? 'an unknown kind'}`,
    memory: `${Math.round(totalmem() / 1024 ** 3)} GB`,
    system: `${type()} ${release()}`,
    Postback: version,
    'Node.js': process.versions.node,
    Postgres: await serverVersion(options),
    ...Object.fromEntries(['pg-boss', 'pg', 'undici', '@nestjs/core', 'typeorm'].map((name) => [name, dependencies[name]])),
  };
}

async function serverVersion(options: Options): Promise<string> {
  try {
    const { url, embedded } = await startPostgres(options);
    const client = await connect(url);
    const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
    await client.end();
    return `${rows[0]!.server_version}${embedded ? ', embedded: synchronous commits, otherwise as it comes' : ''}`;
  } finally {
    await cleanUp();
  }
}
