/** @jest-config-loader-options {"transpileOnly": true} */
import type { Config } from 'jest';
import { filesAlone } from './__tests__/support/runs-alone';

// Not the whole folder: what lies in node_modules, docs and dist need not be listed first.
const roots = ['<rootDir>/src', '<rootDir>/__tests__'];
const transform: Config['transform'] = {
  '^.+\\.ts$': ['ts-jest', { diagnostics: false }],
};
const moduleNameMapper: Config['moduleNameMapper'] = {
  '^serverengine$': '<rootDir>/src/index.ts',
  '^serverengine/testing$': '<rootDir>/src/testing.ts',
};

const config: Config = {
  // Most tests wait for processes of their own: one worker a core leaves both half idle.
  maxWorkers: 3,
  // Above the limits of what a test waits for: those say what did not come.
  testTimeout: 90_000,
  testSequencer: '<rootDir>/__tests__/support/sequencer.cjs',
  // Of the source, by the unit tests.
  collectCoverageFrom: ['src/**/*.ts'],
  coverageReporters: ['text-summary', 'html'],
  projects: [
    {
      // For one file, or a few.
      displayName: 'unit',
      roots,
      testMatch: ['<rootDir>/__tests__/unit/**/*.test.ts'],
      transform,
      moduleNameMapper,
    },
    {
      // All of them, in a few large files.
      displayName: 'rooms',
      roots,
      testMatch: ['<rootDir>/__tests__/rooms/*.test.ts', ...filesAlone()],
      transform,
      moduleNameMapper,
    },
    {
      // Real programs as child processes, against the built package.
      displayName: 'integration',
      roots,
      testMatch: ['<rootDir>/__tests__/integration/**/*.test.ts'],
      transform,
      moduleNameMapper: {
        '^serverengine$': '<rootDir>/dist/index.js',
        '^serverengine/testing$': '<rootDir>/dist/testing.js',
      },
    },
    {
      // Every sample and the README's programs, run for real against the built package.
      displayName: 'samples',
      roots,
      testMatch: ['<rootDir>/__tests__/samples/**/*.test.ts'],
      transform,
    },
    {
      // The packed package, installed by npm, in every dialect of the language.
      displayName: 'dialects',
      roots,
      testMatch: ['<rootDir>/__tests__/dialects/**/*.test.ts'],
      transform,
    },
  ],
};

export default config;
