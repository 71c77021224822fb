export { createTestServer, createTestWorker } from './testing/test-kit';
export type { TestServer, TestWorker, TestWorkerOptions } from './testing/test-kit';
export { createTestContainer, type TestProvider } from './testing/test-container';
export { createTestLog, type CapturedRecord, type TestLog } from './testing/captured-log';
export { FakeClock } from './testing/fake-clock';
