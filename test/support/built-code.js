import { createRequire } from 'node:module';
import { join, relative } from 'node:path';

const require = createRequire(import.meta.url);
const root = join(import.meta.dirname, '../..');

/**
 * A transform that leaves of one of our modules only its exports, taken from the build: so tests meet the code that runs in
 * production, and Node itself loads it and its packages once per test worker. Jest loads a module anew for each test file,
 * which costs seconds for a framework and its hundreds of files.
 */
export default {
  process(_source, path) {
    const built = join(root, 'dist', relative(root, path).replace(/\.ts$/, '.js'));
    const lines = Object.keys(require(built)).map((name) =>
      name === 'default' ? 'export default built.default;' : `export const ${name} = built.${name};`,
    );
    return { code: [`const built = requireBuilt(${JSON.stringify(built)});`, ...lines].join('\n') };
  },
};
