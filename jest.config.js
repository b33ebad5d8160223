import { randomInt } from 'node:crypto';

// One seed for every property test of the run; workers inherit it. An integer of 32 bits, as fast-check wants it.
process.env.TEST_SEED ??= String(randomInt(2 ** 31));
if (!/^-?\d+$/.test(process.env.TEST_SEED)) throw new Error('TEST_SEED must be an integer.');
console.error(`Property tests draw from TEST_SEED=${process.env.TEST_SEED}, which repeats them.`);

const shared = {
  testEnvironment: 'node',
  testMatch: ['**/*.spec.ts'],
  runtime: '<rootDir>/test/support/shared-modules-runtime.js',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
        },
        module: { type: 'es6' },
      },
    ],
  },
};

/** Starts PostgreSQL when one of its files runs. */
const withDatabase = {
  globalSetup: '<rootDir>/test/support/global-setup.js',
  globalTeardown: '<rootDir>/test/support/global-teardown.js',
  setupFilesAfterEnv: ['<rootDir>/test/support/end-servers.ts'],
};

const project = (name, roots, more = {}) => ({ ...shared, displayName: name, roots, ...more });

/** @type {import('jest').Config} */
export default {
  maxWorkers: 2,
  // Jest keeps the modules of every file that has run, and to collect them takes long, so a worker that holds more memory is replaced. The
  // limit is above what one file needs, because a new worker loads and compiles everything again.
  workerIdleMemoryLimit: '1GB',
  testTimeout: 120_000,
  projects: [
    project('unit', ['<rootDir>/src', '<rootDir>/packages', '<rootDir>/test/unit']),
    project('sql', ['<rootDir>/test/sql'], withDatabase),
    project('http', ['<rootDir>/test/http'], withDatabase),
    project('process', ['<rootDir>/test/process'], {
      ...withDatabase,
      runner: '<rootDir>/test/support/serial-runner.js',
    }),
  ],
};
