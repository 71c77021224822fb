type Cleanup = () => void | Promise<void>;

let cleanups: Cleanup[] = [];

/** Has this done after the test that is running, whether it passes or not. The last comes first. */
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

// A test file that starts programs imports this, and need not think of it.
afterEach(reap);
afterAll(reap);
