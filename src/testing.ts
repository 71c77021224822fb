export { createTestServer, createTestWorker } from './engine/test-kit';
export type {
  CapturedRecord,
  TestProvider,
  TestServer,
  TestWorker,
  TestWorkerOptions,
} from './engine/test-kit';
export { FakeClock } from './common/fake-clock';
