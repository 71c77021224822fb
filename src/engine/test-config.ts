/** Where the test kit leaves the configuration for the program that it has started. */
const TEST_CONFIG = Symbol.for('serverengine.testConfig');

/** The configuration with which a test runs this program instead of its own; undefined: no test does. */
export function testConfig(): (() => unknown) | undefined {
  const given: unknown = Reflect.get(globalThis, TEST_CONFIG);
  return typeof given === 'function' ? (given as () => unknown) : undefined;
}
