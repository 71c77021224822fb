import type { ConfigFor } from '../engine/config-input';
import type { ServerClass, WorkerClass } from '../engine/wiring';
import { groupNames, workerGroups } from '../engine/worker-groups';
import { TestEngine, type TestEngineOptions } from './test-engine';

/**
 * Starts a real engine in processes of its own, to break it and see it heal. It resolves when the engine runs; its workers may
 * still be starting. Close it with `await using`, or with close(). If the test process ends in any way, even by SIGKILL, the
 * engine ends too.
 *
 * The configuration is that of the test, not that of the script. Timeouts are shorter than those of the engine: a silent worker
 * is replaced after 5 seconds. The log is captured.
 * @throws Error (as a rejection) if the engine does not come up: with what it has written.
 */
export async function startTestEngine<
  S extends ServerClass | null,
  W extends WorkerClass | readonly WorkerClass[],
>(serverClass: S, workers: W, config: ConfigFor<S, W>, options: TestEngineOptions): Promise<TestEngine> {
  void serverClass;
  const engine = new TestEngine(config, options);
  try {
    await engine.untilRunning(groupNames(workerGroups(workers)));
    return engine;
  } catch (error) {
    await engine.close();
    throw error;
  }
}
