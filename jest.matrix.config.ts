/** @jest-config-loader-options {"transpileOnly": true} */
import type { Config } from 'jest';

/** What needs packages that the repository does not have, and gets them from npm. `npm test` leaves it out. */
const config: Config = {
  maxWorkers: 1,
  testTimeout: 300_000,
  roots: ['<rootDir>/__tests__'],
  testMatch: ['<rootDir>/__tests__/matrix/**/*.test.ts'],
  transform: { '^.+\\.ts$': ['ts-jest', { diagnostics: false }] },
};

export default config;
