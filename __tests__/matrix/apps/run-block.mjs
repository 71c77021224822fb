// Runs the worker of a code block of docs/guides/frameworks.md. The argument names its file.
import { ServerEngine, worker } from 'serverengine';

const [file, config] = process.argv.slice(2);
const [AppWorker] = Object.values(await import(file));
// Workers in TypeScript have their decorator.
if (!file.endsWith('.ts')) worker({ type: 'process' })(AppWorker);

ServerEngine.create(null, AppWorker, {
  log: '-',
  workers: 2,
  workerReadyTimeout: '2m',
  ...JSON.parse(config),
}).run();
