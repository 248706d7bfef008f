import type { Environment, Setting } from './setting.js';
import { allSettings } from './settings.js';

/**
 * The resolved settings for people, one per line: name, value, where it comes from. Of a secret only whether it is set:
 * even its last characters would end up in somebody's ticket. `env` must have passed `loadConfig`.
 */
export function describeConfig(env: Environment): string[] {
  const width = Math.max(...allSettings.map((setting) => setting.name.length));
  return allSettings.map((setting) => {
    const written = env[setting.name]?.trim();
    return `${setting.name.padEnd(width)}  ${shown(setting, written, env)}  (${written ? 'set' : 'default'})`;
  });
}

function shown(setting: Setting<unknown>, written: string | undefined, env: Environment): string {
  if (setting.secret) return written ? 'set' : 'not set';
  const value = written ? setting.parse(written) : setting.fallback(env);
  const text = value === null ? '' : String(value);
  return text === '' ? 'not set' : text;
}
