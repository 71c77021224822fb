import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ask } from '../support/clients';
import { eventually } from '../support/eventually';
import { isAlive, signalPid } from '../support/processes';
import { start, type Program } from '../support/program';
import { tempDir } from '../support/temp-dir';

interface Tree {
  readonly program: Program;
  readonly port: number;
  readonly unixPath: string;
  readonly pidPath: string;
  readonly config: Record<string, unknown>;
  /** What the entry script is from now on. */
  setCode(text: string): void;
}

const answering = (text: string): string => `exports.answer = ${JSON.stringify(text)};`;

async function up(more: Record<string, unknown> = {}): Promise<Tree> {
  const folder = tempDir();
  const codePath = join(folder, 'code.js');
  const unixPath = join(folder, 'unix.sock');
  const pidPath = join(folder, 'server.pid');
  const logPath = join(folder, 'server.log');
  const log = more['daemonize'] ? { log: logPath } : {};
  const config = { signalUpgrade: 'SIGURG', unixPath, pidPath, workers: 2, ...log, ...more };
  const setCode = (text: string): void => writeFileSync(codePath, text);
  setCode(answering('old'));
  const program = start('versioned', { config, args: [codePath] });
  if (more['daemonize']) {
    expect((await program.exited).code).toBe(0);
    const port = Number(/listening port=(\d+)/.exec(readFileSync(logPath, 'utf8'))?.[1]);
    return { program, port, unixPath, pidPath, config, setCode };
  }
  await program.waitForWorkers(2);
  return { program, port: await program.port(), unixPath, pidPath, config, setCode };
}

const pidIn = (path: string): number => Number(readFileSync(path, 'utf8'));

describe('upgrade', () => {
  it.each([{ supervisor: false }, { supervisor: true }])(
    'replaces the whole tree by new code, refuses no connection, and the pid file follows (%p)',
    async (more) => {
      const { program, port, unixPath, pidPath, setCode } = await up(more);
      const before = program.livePids();
      const over = new AbortController();
      const answers = new Set<string>();
      const load = [port, unixPath].map(async (where) => {
        while (!over.signal.aborted) answers.add(await ask(where));
      });
      setCode(answering('new'));
      program.signal('SIGURG');
      await program.waitForLine(/upgrade: the successor serves/);
      await eventually(
        () => before.every((pid) => pid === program.pid || !isAlive(pid)),
        'the old tree is gone',
      );
      expect(await ask(port)).toBe('new');
      expect(await ask(unixPath)).toBe('new');
      over.abort();
      await Promise.all(load);
      expect(answers).toEqual(new Set(['old', 'new']));
      expect(pidIn(pidPath)).not.toBe(program.pid);
      expect(before).not.toContain(pidIn(pidPath));
      // In the foreground the process that the terminal knows stays, and passes on what it is told.
      expect(isAlive(program.pid)).toBe(true);
      expect(await program.stop()).toEqual({ code: 0, signal: null });
      await program.allGone();
      expect(existsSync(pidPath)).toBe(false);
      expect(existsSync(unixPath)).toBe(false);
    },
  );

  it('lets a daemon be followed by another one', async () => {
    const { program, port, pidPath, setCode } = await up({ daemonize: true });
    const old = pidIn(pidPath);
    setCode(answering('new'));
    signalPid(old, 'SIGURG');
    await eventually(() => !isAlive(old), 'the old daemon is gone');
    expect(await ask(port)).toBe('new');
    const now = pidIn(pidPath);
    expect(now).not.toBe(old);
    signalPid(now, 'SIGTERM');
    await program.allGone();
    expect(existsSync(pidPath)).toBe(false);
  });

  it.each([
    [
      'code that does not load',
      'throw new Error("broken release");',
      {},
      /status 1 before the server was up/,
    ],
    ['code that leaves at once', 'process.exit(7);', {}, /status 7 before the server was up/],
    ['a start that hangs', answering('new'), { hang: true, daemonizeTimeout: 1 }, /was not up after 1 s/],
    ['a configuration that is wrong', answering('new'), { workers: 'many' }, /workers must be/],
  ])('goes on with the old tree after %s, and says why', async (_what, code, change, why) => {
    const { program, port, pidPath, config, setCode } = await up({ supervisor: true, daemonizeTimeout: 1 });
    const before = program.livePids().sort();
    setCode(code);
    program.setConfig({ ...config, ...change });
    program.signal('SIGURG');
    const line = await program.waitForLine(/\[error\] .*upgrade failed, this process goes on/, {
      limitMs: 15_000,
    });
    expect(line).toMatch(why);
    expect(await ask(port)).toBe('old');
    expect(pidIn(pidPath)).toBe(program.pid);
    await eventually(() => program.livePids().length === before.length, 'nothing of the successor is left');
    expect(program.livePids().sort()).toEqual(before);
    expect((await program.stop()).code).toBe(0);
    await program.allGone();
  });

  it('is given up when a stop comes first, and nothing is left', async () => {
    const { program, config } = await up({ daemonizeTimeout: 30 });
    program.setConfig({ ...config, hang: true });
    program.signal('SIGURG');
    await program.waitForLine(/upgrade: starting the successor/);
    await eventually(() => program.livePids().length > 3, 'the successor was started');
    expect((await program.stop()).code).toBe(0);
    await program.allGone();
  });
});
