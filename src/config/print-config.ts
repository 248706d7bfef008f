import { ConfigError } from './config-error.js';
import { describeConfig } from './describe-config.js';
import { readEnvironment } from './environment.js';
import { loadConfig } from './load-config.js';

/** The command behind `npm run config`: what the service would run with, or what keeps it from starting. */
try {
  const env = readEnvironment();
  loadConfig(env);
  console.log(describeConfig(env).join('\n'));
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
