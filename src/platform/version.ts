import { readFileSync } from 'node:fs';
import { packageRoot } from './package-root.js';

/** As in package.json. */
export const version: string = JSON.parse(readFileSync(packageRoot('package.json'), 'utf8')).version;
