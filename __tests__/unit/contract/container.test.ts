import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const SOURCES = join(__dirname, '..', '..', '..', 'src');

const PRELUDE = `
  const { Worker, worker, CONFIG, LOGGER } = require('./index.ts');
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
  const make = (Marked) => require('./testing.ts').createTestWorker(Marked, { config: { port: 1 } }).worker.config.port;
  const loaded = () => ['reflect-metadata', 'tsyringe', 'zod', 'winston'].filter((name) => require.resolve(name) in require.cache);
  const show = (value) => process.stdout.write(JSON.stringify(value));
`;

/** In a process of its own, as what is loaded is what matters. */
function run(program: string, env: NodeJS.ProcessEnv = {}): unknown {
  // The compiler's decorators are not needed, and the loader is to load nothing that counts.
  const args = ['--require', 'tsx/cjs', '--eval', PRELUDE + program];
  const options = { cwd: SOURCES, encoding: 'utf8' as const, env: { ...process.env, ...env } };
  return JSON.parse(execFileSync(process.execPath, args, options)) as unknown;
}

const IN_A_WORKER = { SERVERENGINE_INTERNAL_ROLE: 'worker:0' };

describe('the container', () => {
  it('is not loaded for a class that takes its context only', () => {
    expect(run('const made = make(mark()); show([made, loaded()]);')).toEqual([1, []]);
  });

  it.each([
    ['imported after the package', `require('tsyringe'); show(resolve(mark()));`],
    [
      'imported after the worker',
      `const Marked = mark(); require('tsyringe'); setImmediate(() => show(resolve(Marked)));`,
    ],
    [
      'imported at last, with the metadata imported first',
      `require('reflect-metadata'); const Marked = mark(); show(resolve(Marked));`,
    ],
  ])('of a test makes workers: %s', (_order, program) => {
    expect(run(program)).toBe(1);
  });

  it('is not loaded in a worker because of the metadata alone', () => {
    const program = `require('reflect-metadata'); const made = make(mark()); show([made, loaded()]);`;
    expect(run(program, IN_A_WORKER)).toEqual([1, ['reflect-metadata']]);
  });

  it('of a worker’s own makes it, registrations included', () => {
    const program = `
      const Marked = mark();
      const { container } = require('tsyringe');
      container.register(Marked, { useValue: { config: { port: 2 } } });
      show(make(Marked));
    `;
    expect(run(program, IN_A_WORKER)).toBe(2);
  });
});

describe('the metadata functions of Reflect', () => {
  it('are there when somebody looks', () => {
    const program = `
      const before = loaded();
      Reflect.defineMetadata('key', 7, Worker);
      show([before, Reflect.getMetadata('key', Worker), loaded()]);
    `;
    expect(run(program)).toEqual([[], 7, ['reflect-metadata']]);
  });

  it('may come from another polyfill', () => {
    expect(run(`Reflect.getMetadata = () => 8; show([Reflect.getMetadata(), loaded()]);`)).toEqual([8, []]);
  });
});
