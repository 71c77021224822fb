// Prints each difference between the package that import sees and the one that require sees.
import { createRequire } from 'node:module';
import * as imported from 'serverengine';
import * as importedTesting from 'serverengine/testing';
import { container } from 'tsyringe';

const require = createRequire(import.meta.url);
const required = require('serverengine');
const differences = [];
const expectSame = (name, left, right) => {
  if (left !== right || left === undefined) differences.push(name);
};

const names = Object.keys(required).filter((name) => name !== '__esModule');
for (const name of names) expectSame(name, imported[name], required[name]);
const requiredTesting = require('serverengine/testing');
expectSame('createTestWorker', importedTesting.createTestWorker, requiredTesting.createTestWorker);
expectSame('the container of tsyringe', container, require('tsyringe').container);

// The tokens, and a class that was marked through one of the two, must be known to the other.
const { Worker, worker, createTestWorker } = { ...imported, ...importedTesting };
class Mixed extends required.Worker {
  async run() {}
}
worker({ type: 'process' })(Mixed);
if (!(Mixed.prototype instanceof Worker)) differences.push('Worker is not one class');
const { worker: made } = await createTestWorker(Mixed, { config: { greeting: 'hello' } });
if (made.config.greeting !== 'hello') differences.push('a Worker of the one cannot be made by the other');

console.log(JSON.stringify({ names, differences }));
