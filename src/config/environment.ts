import { existsSync } from 'node:fs';
import type { Environment } from './setting.js';

/**
 * The only reader of `process.env`. A `.env` file in the working directory fills in what is not set:
 * `loadEnvFile` never overwrites a variable that is there.
 */
export function readEnvironment(): Environment {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return { ...process.env };
}
