/** One step from a JSON value to one of its members. */
export interface PathStep {
  isArray: boolean;
  /** Position in the array; meaningless for an object. */
  index: number;
  /** Key in the object; meaningless for an array. */
  key: string;
}

const MAX_KEY_LENGTH = 64;
const MAX_PATH_LENGTH = 256;

/** `payload.items[3]["first name"]`; empty for the root. Long keys and long paths are cut, marked by `…`. */
export function renderPath(steps: readonly PathStep[]): string {
  let path = '';
  for (const step of steps) {
    path += step.isArray ? `[${step.index}]` : renderKey(step.key, path === '');
    if (path.length > MAX_PATH_LENGTH) return `${path.slice(0, MAX_PATH_LENGTH).toWellFormed()}…`;
  }
  return path;
}

function renderKey(key: string, first: boolean): string {
  if (/^[A-Za-z_$][\w$-]{0,63}$/.test(key)) return first ? key : `.${key}`;
  const shown = key.length > MAX_KEY_LENGTH ? `${key.slice(0, MAX_KEY_LENGTH)}…` : key;
  // JSON's quoting also turns control characters and lone surrogates into harmless escapes.
  return `[${JSON.stringify(shown)}]`;
}
