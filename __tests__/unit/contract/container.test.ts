import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Worker as Thread } from 'node:worker_threads';
import { ROLE_ENV } from '../../../src/protocol/protocol';
import { bundled } from '../../support/bundled';

const SOURCES = join(__dirname, '..', '..', '..', 'src');

// The package and its test kit in one script, so that they share loaded modules.
const PRELUDE = `
  const { index, testing } = require(process.env.PACKAGE);
  const { Worker, worker, CONFIG, LOGGER } = index;
  const mark = () => {
    const Marked = class extends Worker { run() {} };
    worker()(Marked);
    return Marked;
  };
  const resolve = (Marked) => {
    const child = require('tsyringe').container.createChildContainer();
    child.register(CONFIG, { useValue: { port: 1 } });
    child.register(LOGGER, { useValue: {} });
    return child.resolve(Marked).config.port;
  };
  const make = (Marked) => testing.createTestWorker(Marked, { config: { port: 1 } }).worker.config.port;
  const loaded = () => ['reflect-metadata', 'tsyringe', 'zod', 'winston'].filter((name) => require.resolve(name) in require.cache);
  const { parentPort } = require('node:worker_threads');
  const show = (value) => (parentPort ? parentPort.postMessage(value) : process.stdout.write(JSON.stringify(value)));
`;

/** In its own thread, because the loaded modules matter: a thread has its own, like a process, and starts faster. */
async function run(program: string): Promise<unknown> {
  const thread = new Thread(PRELUDE + program, { eval: true, env: environment(), stderr: true });
  const warnings = text(thread.stderr);
  const [[said]] = (await Promise.all([once(thread, 'message'), once(thread, 'exit')])) as [
    [unknown],
    unknown,
  ];
  // A thread of a program may import the package, too.
  expect(await warnings).toBe('');
  return said;
}

/** The same in a process started like a worker: with the role, the channel and the heartbeat pipe. */
async function runInWorker(program: string): Promise<unknown> {
  const child = spawn(process.execPath, argsFor(program), {
    cwd: SOURCES,
    env: { ...environment(), [ROLE_ENV]: 'worker:0' },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc', 'pipe'],
  });
  try {
    const [output] = await Promise.all([text(child.stdout as Readable), once(child, 'close')]);
    return JSON.parse(output) as unknown;
  } finally {
    child.kill('SIGKILL');
  }
}

function argsFor(program: string): string[] {
  return ['--eval', PRELUDE + program];
}

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, PACKAGE: bundled(join(__dirname, 'programs/package.ts')) };
}

describe('the container', () => {
  it('is not loaded for a class that takes only its context', async () => {
    expect(await run('const made = make(mark()); show([made, loaded()]);')).toEqual([1, []]);
  });

  it.each([
    ['imported after the package', `require('tsyringe'); show(resolve(mark()));`],
    [
      'imported after the worker',
      `const Marked = mark(); require('tsyringe'); setImmediate(() => show(resolve(Marked)));`,
    ],
    [
      'imported last, with the metadata imported first',
      `require('reflect-metadata'); const Marked = mark(); show(resolve(Marked));`,
    ],
    [
      'imported last, after another library has read the metadata',
      `require('reflect-metadata'); const Marked = mark(); void Reflect.getMetadata; show(resolve(Marked));`,
    ],
    [
      'imported by an ES module',
      `require('reflect-metadata'); const Marked = mark(); import('tsyringe').then(() => show(resolve(Marked)));`,
    ],
  ])('of a test makes workers: %s', async (_order, program) => {
    expect(await run(program)).toBe(1);
  });

  it('is not loaded in a program only because of the metadata, which stays unchanged', async () => {
    const program = `
      require('reflect-metadata');
      const { getMetadata } = Reflect;
      const made = make(mark());
      show([made, loaded(), Reflect.getMetadata === getMetadata]);
    `;
    expect(await run(program)).toEqual([1, ['reflect-metadata'], true]);
  });

  it('is loaded in a program in which a library reads the metadata', async () => {
    const program = `
      require('reflect-metadata');
      const Marked = mark();
      void Reflect.getMetadata;
      setImmediate(() => show([resolve(Marked), loaded()]));
    `;
    expect(await run(program)).toEqual([1, ['reflect-metadata', 'tsyringe']]);
  });

  it('is not loaded in a worker only because of the metadata', async () => {
    const program = `require('reflect-metadata'); const made = make(mark()); show([made, loaded()]);`;
    expect(await runInWorker(program)).toEqual([1, ['reflect-metadata']]);
  });

  it('of a worker makes the worker, registrations included', async () => {
    const program = `
      const Marked = mark();
      const { container } = require('tsyringe');
      container.register(Marked, { useValue: { config: { port: 2 } } });
      show(make(Marked));
    `;
    expect(await runInWorker(program)).toBe(2);
  });
});

describe('the metadata functions of Reflect', () => {
  it('exist when a program reads them', async () => {
    const program = `
      const before = loaded();
      Reflect.defineMetadata('key', 7, Worker);
      show([before, Reflect.getMetadata('key', Worker), loaded()]);
    `;
    expect(await run(program)).toEqual([[], 7, ['reflect-metadata']]);
  });

  it('may come from another polyfill', async () => {
    expect(await run(`Reflect.getMetadata = () => 8; show([Reflect.getMetadata(), loaded()]);`)).toEqual([
      8,
      [],
    ]);
  });
});
