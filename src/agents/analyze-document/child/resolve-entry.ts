import { fileURLToPath } from 'node:url';

/**
 * The compiled entry of the child process. Beside this file in the built service; under `dist/` when the TypeScript
 * sources run (jest), which plain Node could not start.
 */
export function resolveEntry(): string {
  const entry = fileURLToPath(new URL('child.js', import.meta.url));
  return import.meta.url.endsWith('.ts') ? entry.replace(/([\\/])src([\\/]agents[\\/].*)$/, '$1dist$1src$2') : entry;
}
