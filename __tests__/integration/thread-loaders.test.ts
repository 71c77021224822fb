import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { signalPid } from '../support/processes';
import { start } from '../support/program';
import { reapAfterEach } from '../support/reaping';

const ROOT = join(__dirname, '../..');
const BUILD = join(ROOT, '.build');
const BIN = join(ROOT, 'node_modules/.bin');

/** An enum is what Node's type stripping does not support: only the loader makes it run. */
const SOURCE = `
import { isMainThread } from 'node:worker_threads';
import { ServerEngine, Worker, worker } from 'serverengine';
enum Place { Thread = 'in a thread', Main = 'in the main thread' }
class LoadedWorker extends Worker {
  override async run(): Promise<void> {
    this.logger.info(isMainThread ? Place.Main : Place.Thread);
    await this.untilStop();
  }
}
worker({ type: 'thread' })(LoadedWorker);
`;
const RUN = `ServerEngine.create(null, LoadedWorker, { log: '-' }).run();\n`;
const AWAIT = 'await Promise.resolve();\n';
const ONLY_MAIN = `if (require.main === module) ${RUN}`;

/** Runs it until the worker has written its line or the program has ended. Resolves with its output. */
function outputOf(file: string, text: string, args: readonly string[]): Promise<string> {
  mkdirSync(BUILD, { recursive: true });
  const folder = mkdtempSync(join(BUILD, 'loaders-'));
  reapAfterEach(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, file), text);
  const compilerOptions = { module: 'commonjs', target: 'es2022', types: ['node'], skipLibCheck: true };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  const child = spawn(process.execPath, [...args, file], { cwd: folder });
  const closed = new Promise((resolve) => child.once('close', resolve));
  reapAfterEach(async () => {
    // Not KILL: the tsx command is a parent of the program, and can forward only other signals.
    if (child.pid !== undefined) signalPid(child.pid, 'SIGTERM');
    await closed;
  });
  return new Promise((resolve) => {
    let output = '';
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
      if (/worker=0 .*(thread|Error)|unexpectedly/.test(output)) resolve(output);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('close', () => resolve(output));
  });
}

describe('a TypeScript program with thread workers', () => {
  it.each([
    ['tsx', 'app.ts', RUN, ['--import', 'tsx']],
    ['tsx, as ES module', 'app.mts', AWAIT + RUN, ['--import', 'tsx']],
    ['the command tsx', 'app.ts', RUN, [join(BIN, 'tsx')]],
    ['ts-node/register', 'app.ts', RUN, ['-r', 'ts-node/register/transpile-only']],
    ['the command ts-node', 'app.ts', RUN, [join(BIN, 'ts-node'), '-T']],
    ['tsx, only when it is the main module', 'app.ts', ONLY_MAIN, ['--import', 'tsx']],
  ])('runs with %s', async (_name, file, run, args) => {
    expect(await outputOf(file, SOURCE + run, args)).toMatch(/\[info\] worker=0 pid=\d+: in a thread/);
  });
});

describe('workerExecArgv', () => {
  it.each(['process', 'thread'])('loads the named module before the program: %s', async (workerType) => {
    const program = start('loaded', {
      config: {
        workerType,
        workers: 1,
        workerHeapLimit: '64MB',
        workerExecArgv: ['--import', 'data:text/javascript,console.log("preloaded", process.pid)'],
      },
    });
    const lines = [
      await program.waitForLine(/preloaded \d+$/),
      await program.waitForLine(/worker 0 is running/),
    ];
    expect(program.lines.indexOf(lines[0]!)).toBeLessThan(program.lines.indexOf(lines[1]!));
    expect((await program.stop()).code).toBe(0);
  });
});
