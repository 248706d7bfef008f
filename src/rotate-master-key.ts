import { type Rotated, rotateMasterKey } from './admin/rotate-master-key.js';
import type { Config } from './config/config.js';
import { ConfigError } from './config/config-error.js';
import { readEnvironment } from './config/environment.js';
import { loadConfig } from './config/load-config.js';
import { commandActor } from './platform/audit/actor.js';
import { createDataSource } from './platform/database/data-source.js';
import { Database } from './platform/database/database.js';
import { Keyring } from './platform/secrets/keyring.js';
import { type StartedDatabase, startDatabase } from './start-database.js';

/** `npm run rotate-master-key`: takes POSTBACK_MASTER_KEY into use and seals all secrets under it, while the service runs. */
const USAGE = `Takes POSTBACK_MASTER_KEY into use and seals all secrets under it, while the service runs.

  npm run rotate-master-key

The former key belongs in POSTBACK_MASTER_KEY_OTHERS, for the service as for this command. It takes no arguments.`;

const tell = (line: string) => process.stderr.write(`${line}\n`);

const [argument] = process.argv.slice(2);
if (argument === '--help' || argument === '-h') process.stdout.write(`${USAGE}\n`);
else if (argument !== undefined) {
  tell(`"${argument}" is no argument of this command.\n\n${USAGE}`);
  process.exitCode = 1;
} else await run();

async function run(): Promise<void> {
  try {
    const config = loadConfig(readEnvironment());
    const started = await startDatabase(config, tell);
    try {
      report(await rotate(config, started));
    } finally {
      await started.stop();
    }
  } catch (error) {
    tell(error instanceof ConfigError ? error.message : `The rotation ended early: ${error instanceof Error ? error.message : error}`);
    if (!(error instanceof ConfigError)) tell('Nothing is lost: what is done stays done, and the command can be run again.');
    process.exitCode = 1;
  }
}

async function rotate(config: Config, { url, masterKeys }: StartedDatabase): Promise<Rotated> {
  const dataSource = createDataSource({ url, poolSize: 1, applicationName: 'postback rotate-master-key' });
  await dataSource.initialize();
  const database = new Database(dataSource);
  try {
    const keyring = await Keyring.load(database, masterKeys!); // null only for those who ask for the database alone
    tell(`Taking master key ${keyring.wantedKeyId} into use.`);
    return await rotateMasterKey(database, keyring, {
      by: commandActor('npm run rotate-master-key'),
      lostMs: config.process.lostMs,
      onBatch: (done) => done % 10_000 === 0 && done > 0 && tell(`${done} secrets sealed anew.`),
    });
  } finally {
    await database.close();
  }
}

function report(rotated: Rotated): void {
  if (rotated.kind === 'unknown_to') {
    tell('Nothing was changed. These processes do not know the new master key:');
    for (const name of rotated.processes) tell(`  - ${name}`);
    tell('Give it to each as POSTBACK_MASTER_KEY or in POSTBACK_MASTER_KEY_OTHERS, restart it, and run this again.');
    process.exitCode = 1;
    return;
  }
  tell(`Done: ${rotated.secrets} secrets sealed anew. The former key can be removed from POSTBACK_MASTER_KEY_OTHERS.`);
  if (rotated.unreadable.length === 0) return;
  tell(
    `${rotated.unreadable.length} secrets do not open under the key they name and were left as they are; before the former key is removed, restore or delete them:`,
  );
  for (const id of rotated.unreadable) tell(`  - postback.webhook_secrets ${id}`);
  process.exitCode = 1;
}
