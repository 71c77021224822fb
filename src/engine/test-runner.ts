// Jest sets this in the global object of every test. JEST_WORKER_ID is no substitute: programs that a test starts
// inherit it.
const JEST_MARK = Symbol.for('jest-native-promise');

/** Under Jest, the script that was started is Jest itself: a worker would run the whole test suite again. */
export function isUnderJest(): boolean {
  return JEST_MARK in globalThis;
}

/**
 * Whether the process belongs to a test runner, which handles signals itself. A program that a test starts may count as
 * one, too.
 */
export function isTestRunner(): boolean {
  return isUnderJest() || ['VITEST', 'NODE_TEST_CONTEXT'].some((name) => process.env[name] !== undefined);
}
