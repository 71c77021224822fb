import type { Logger } from 'serverengine';

/** A logger that says nothing, with methods that a test may look at. */
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
