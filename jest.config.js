/** @type {import('jest').Config} */
export default {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '/test/.+\\.ts$': '@swc/jest',
    '\\.ts$': '<rootDir>/test/support/built-code.js',
  },
  testEnvironment: '<rootDir>/test/support/built-code-environment.js',
  testTimeout: 30_000,
  maxWorkers: '100%', // the tests wait more than they compute
  forceExit: true, // a test that fails half-way leaves handles open; the run must end all the same
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
};
