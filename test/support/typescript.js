import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@swc/core';

const root = join(import.meta.dirname, '../..');
const isBuilt = /^(src|migrations|examples|bench|chaos)\//;

/**
 * Lets plain Node import the tests' TypeScript, and what it imports of ours from the build: for what runs outside Jest's own
 * module system, which is the global set-up and the processes that tests start with `node --import <this file>`.
 */
registerHooks({
  resolve(specifier, context, next) {
    const isOurs = specifier.startsWith('.') && specifier.endsWith('.js') && context.parentURL?.endsWith('.ts');
    return next(isOurs ? sourceOrBuild(specifier, context.parentURL) : specifier, context);
  },
  load(url, context, next) {
    if (!url.endsWith('.ts')) return next(url, context);
    const filename = fileURLToPath(url);
    return {
      format: 'module',
      source: transformSync(readFileSync(filename, 'utf8'), { filename, sourceMaps: 'inline' }).code,
      shortCircuit: true,
    };
  },
});

function sourceOrBuild(specifier, parentUrl) {
  const path = relative(root, fileURLToPath(new URL(specifier, parentUrl)));
  return isBuilt.test(path) ? join(root, 'dist', path) : join(root, path.replace(/\.js$/, '.ts'));
}
