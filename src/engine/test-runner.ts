// Jest puts it into the global object of every test. JEST_WORKER_ID would not do: programs that a test starts inherit it.
const JEST_MARK = Symbol.for('jest-native-promise');

/** Under jest the script that was started is jest: a worker would run the whole test suite again. */
export function isUnderJest(): boolean {
  return JEST_MARK in globalThis;
}

/** It, not the package, decides what a signal does; a program that a test starts may be taken for it too. */
export function isTestRunner(): boolean {
  return isUnderJest() || ['VITEST', 'NODE_TEST_CONTEXT'].some((name) => process.env[name] !== undefined);
}
