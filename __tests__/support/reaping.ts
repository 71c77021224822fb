type Cleanup = () => void | Promise<void>;

let cleanups: Cleanup[] = [];

/** Runs this after the current test, whether it passes or fails. The last one runs first. */
export function reapAfterEach(cleanup: Cleanup): void {
  cleanups.push(cleanup);
}

async function reap(): Promise<void> {
  const todo = cleanups.reverse();
  cleanups = [];
  const failures: unknown[] = [];
  for (const cleanup of todo) {
    try {
      await cleanup();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, `cleaning up failed: ${failures.join('; ')}`);
}

// Every test file that starts programs imports this module, so the tests need not call it.
afterEach(reap);
afterAll(reap);
