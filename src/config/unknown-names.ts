import { closest, distance } from 'fastest-levenshtein';
import type { Environment } from './setting.js';
import { allSettings } from './settings.js';

const PREFIX = 'POSTBACK_';

const names = allSettings.map((setting) => setting.name);

/** One sentence for each name that begins like ours and is not: a misspelt setting must not pass for its default. */
export function unknownNames(env: Environment): string[] {
  return Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && !names.includes(name) && !isForeign(name, env[name] ?? ''))
    .map((name) => `${name} is not a setting${suggestion(name)}`);
}

function suggestion(name: string): string {
  const bare = name.slice(PREFIX.length);
  const longer = names.find((known) => known === bare || known.endsWith(`_${bare}`));
  if (longer) return `: did you mean ${longer}?`;
  const nearest = closest(name, names);
  // Beyond a third of the letters it is another word, and a wrong hint is worse than none.
  if (distance(name, nearest) <= Math.max(2, bare.length / 3)) return `: did you mean ${nearest}?`;
  return '. Remove it; `npm run config` lists all settings.';
}

/**
 * Names that begin like ours without being meant for us: what our own tests are told, and the addresses that Kubernetes
 * writes into every container for a service that is called "postback" or "postback-...".
 */
function isForeign(name: string, value: string): boolean {
  if (name.startsWith(`${PREFIX}TEST_`)) return true;
  if (/_PORT$/.test(name)) return /^(tcp|udp|sctp):\/\//.test(value);
  return /_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/.test(name);
}
