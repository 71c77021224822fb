// The module resolution of old projects, which ignores "exports".
import { Worker, worker } from 'serverengine';
import { createTestWorker, FakeClock } from 'serverengine/testing';

class AppWorker extends Worker {
  override run(): void {}
}
worker({ type: 'process' })(AppWorker);

export const kit = { test: createTestWorker(AppWorker), clock: new FakeClock() };
