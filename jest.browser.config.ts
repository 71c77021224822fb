/** @jest-config-loader-options {"transpileOnly": true} */
import type { Config } from 'jest';

/** Tests that need programs which few have installed: a browser, Prometheus. `npm test` leaves them out. */
const config: Config = {
  maxWorkers: 1,
  // Drawing hundreds of workers takes a busy machine long, and tells nothing.
  testTimeout: 300_000,
  roots: ['<rootDir>/__tests__'],
  testMatch: ['<rootDir>/__tests__/browser/**/*.test.ts'],
  transform: { '^.+\\.ts$': ['ts-jest', { diagnostics: false }] },
};

export default config;
