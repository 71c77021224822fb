import type { Logger } from 'serverengine';

/** A silent logger whose methods are mocks. */
export function fakeLogger(): jest.Mocked<Logger> {
  return {
    level: 'debug',
    fatal: jest.fn(),
    error: jest.fn(),
    warn: jest.fn(),
    info: jest.fn(),
    debug: jest.fn(),
    trace: jest.fn(),
    log: jest.fn(),
    isLevelEnabled: jest.fn<boolean, [string]>(() => true),
    child: jest.fn(),
  };
}
