import { createRequire } from 'node:module';
import { TestEnvironment } from 'jest-environment-node';

/** Node as always, with the door to the build that `built-code.js` goes through. */
export default class BuiltCodeEnvironment extends TestEnvironment {
  constructor(...args) {
    super(...args);
    this.global.requireBuilt = createRequire(import.meta.url);
  }
}
