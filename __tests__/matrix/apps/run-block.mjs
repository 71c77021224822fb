// Runs the worker of a block of docs/guides/frameworks.md, whose file is the argument.
import { ServerEngine, worker } from 'serverengine';

const [file, config] = process.argv.slice(2);
const [AppWorker] = Object.values(await import(file));
// Those in TypeScript have their decorator.
if (!file.endsWith('.ts')) worker({ type: 'process' })(AppWorker);

ServerEngine.create(null, AppWorker, {
  log: '-',
  workers: 2,
  workerReadyTimeout: '2m',
  ...JSON.parse(config),
}).run();
