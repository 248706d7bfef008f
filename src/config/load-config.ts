import { type ConfigNeed, checkConfig } from './check-config.js';
import type { Config } from './config.js';
import { ConfigError } from './config-error.js';
import type { Environment, Setting } from './setting.js';
import { isSetting, settings } from './settings.js';
import { unknownNames } from './unknown-names.js';

/**
 * Reads the configuration from `env` and nothing else. Throws one `ConfigError` with everything that is wrong with it.
 * An empty variable counts as unset, because compose files write `NAME: ${NAME:-}`.
 */
export function loadConfig(env: Environment, need: ConfigNeed = 'everything'): Config {
  const unreadable = new Map<string, string>();
  const config = complete(readTree(settings, env, unreadable) as unknown as Config);
  const problems = [
    ...unknownNames(env),
    ...unreadable.values(),
    // A rule about a setting that cannot be read would only repeat it.
    ...checkConfig(config, env, need).flatMap(({ name, sentence }) => (unreadable.has(name) ? [] : [sentence])),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

function readTree(tree: object, env: Environment, unreadable: Map<string, string>): object {
  const read = (node: object): unknown => (isSetting(node) ? readSetting(node, env, unreadable) : readTree(node, env, unreadable));
  return Object.freeze(Object.fromEntries(Object.entries(tree).map(([key, node]) => [key, read(node)])));
}

function readSetting(setting: Setting<unknown>, env: Environment, unreadable: Map<string, string>): unknown {
  const written = env[setting.name]?.trim();
  if (!written) return setting.fallback(env);
  try {
    return setting.parse(written);
  } catch (error) {
    unreadable.set(setting.name, `${setting.name} ${(error as Error).message}. Set it to ${setting.accepts}.`);
    return setting.fallback(env);
  }
}

function complete(values: Config): Config {
  const production = values.nodeEnv === 'production';
  return Object.freeze({
    ...values,
    production,
    failPoint: production ? null : values.failPoint,
    database: Object.freeze({ ...values.database, embedded: values.database.url === null }),
  });
}
