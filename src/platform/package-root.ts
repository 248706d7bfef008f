import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A path from the directory of package.json, from sources and from the build alike. */
export function packageRoot(...path: string[]): string {
  let directory = import.meta.dirname;
  while (!existsSync(join(directory, 'package.json'))) {
    const above = dirname(directory);
    if (above === directory) throw new Error(`There is no package.json above ${import.meta.dirname}; run Postback from its own folder.`);
    directory = above;
  }
  return join(directory, ...path);
}
