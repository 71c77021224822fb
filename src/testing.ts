export { createTestServer, createTestWorker } from './testing/test-kit';
export type {
  CapturedRecord,
  TestProvider,
  TestServer,
  TestWorker,
  TestWorkerOptions,
} from './testing/test-kit';
export { FakeClock } from './testing/fake-clock';
