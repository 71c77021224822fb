/** Where the test kit leaves the configuration for the program that it has started. */
const TEST_CONFIG = Symbol.for('serverengine.testConfig');

/** What a test runs this program with, instead of its own configuration; undefined: no test does. */
export function testConfig(): (() => unknown) | undefined {
  const given: unknown = Reflect.get(globalThis, TEST_CONFIG);
  return typeof given === 'function' ? (given as () => unknown) : undefined;
}
