import { execFile } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { tempDir } from '../support/temp-dir';

const DIST = join(__dirname, '../../dist/lib');

/** Prints which file it was loaded from, and what it sees. */
const CORE = `
exports.name = 'the core';
exports.scope = [__dirname === require('node:path').dirname(module.filename), typeof require('node:fs').readFileSync];
exports.env = process.env.SERVERENGINE_INTERNAL_CODE;
`;

/** The second file that is compiled with it. */
const WORKER = `
exports.name = 'the worker';
exports.scope = [__filename, typeof require('./core.js').name];
`;

const CHILD = `
const core = require('./core.js');
const { name, scope } = require('./worker.js');
const { isTaken } = globalThis[Symbol.for('serverengine.script ' + __dirname + '/serverengine-core.js')] ?? {};
console.log(JSON.stringify({ ...core, isTaken, worker: [name, ...scope] }));
`;

/** Compiles as the process above does, and starts one child after the other. */
const PARENT = `
const fs = require('node:fs');
const { spawnSync } = require('node:child_process');
require('./core.js');
const core = __dirname + '/serverengine-core.js';
const { script, source } = globalThis[Symbol.for('serverengine.script ' + core)];
const id = ({ dev, ino, size, ctimeMs }) => [dev, ino, size, ctimeMs].join('-');
const data = __dirname + '/data';
fs.writeFileSync(data, script.createCachedData());
const fd = fs.openSync(data, 'r');
const place = '3 ' + id(fs.fstatSync(fd)) + ' ' + source;
const child = (given, { args = [], stdio = [fd], env = {} } = {}) => {
  const { stdout } = spawnSync(process.execPath, [...args, __dirname + '/child.js'], {
    env: { ...env, SERVERENGINE_INTERNAL_CODE: given },
    stdio: ['ignore', 'pipe', 'inherit', ...stdio],
    encoding: 'utf8',
  });
  return JSON.parse(stdout);
};
const seen = {
  given: child(place),
  otherFlags: child(place, { args: ['--max-old-space-size=64'] }),
  otherFile: child('3 1-2-3-4 ' + source),
  noDescriptor: child(place, { stdio: [] }),
  template: child('', { args: ['--require', __dirname + '/mark.js'] }),
  garbage: child('what is this'),
  nodeCaches: child(place, { env: { NODE_COMPILE_CACHE: __dirname + '/cache' } }),
};
// As a deploy does: as long as before, and another content.
const replace = (file, from, to) => fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace(from, to));
replace(__dirname + '/serverengine-worker.js', 'the worker', 'new worker');
seen.replacedWorker = child(place);
replace(core, 'the core', 'new core');
seen.replaced = child(place);
console.log(JSON.stringify(seen));
`;

interface Seen {
  readonly name: string;
  readonly scope: readonly unknown[];
  readonly env?: string;
  readonly isTaken?: boolean;
  readonly worker: readonly unknown[];
}

describe('code that the parent has compiled', () => {
  it('is used when it fits, and otherwise the child compiles the same program itself', async () => {
    const folder = tempDir();
    for (const name of ['core.js', 'worker.js']) copyFileSync(join(DIST, name), join(folder, name));
    for (const [name, text] of Object.entries({
      'serverengine-core.js': CORE,
      'serverengine-worker.js': WORKER,
      'child.js': CHILD,
      'mark.js': "globalThis[Symbol.for('serverengine.template')] = {};",
      'parent.js': PARENT,
    })) {
      writeFileSync(join(folder, name), text);
    }
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'parent.js')]);
    const { nodeCaches, replaced, replacedWorker, ...seen } = JSON.parse(stdout) as Readonly<
      Record<string, Seen>
    >;
    const isTaken = Object.entries(seen).map(([name, child]) => [name, child.isTaken]);
    expect(Object.fromEntries(isTaken)).toEqual({
      given: true,
      otherFlags: false,
      otherFile: false,
      noDescriptor: false,
      template: false,
      garbage: false,
    });
    expect(nodeCaches).toMatchObject({ name: 'the core' });
    expect(nodeCaches).not.toHaveProperty('isTaken');
    const file = join(folder, 'worker.js');
    expect(replaced).toMatchObject({
      name: 'new core',
      isTaken: false,
      worker: ['new worker', file, 'string'],
    });
    expect(replacedWorker).toMatchObject({
      name: 'the core',
      isTaken: false,
      worker: ['new worker', file, 'string'],
    });
    for (const child of [nodeCaches, ...Object.values(seen)]) expect(child!.worker[0]).toBe('the worker');
    for (const child of Object.values(seen)) {
      expect(child).toMatchObject({ name: 'the core', scope: [true, 'function'] });
      expect(child).not.toHaveProperty('env');
    }
  });
});
