import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { ask } from '../support/clients';
import { eventually } from '../support/eventually';
import { isAlive, signalPid } from '../support/processes';
import { recordsIn } from '../support/log-records';
import { startRecorded, type RecordedProgram } from '../support/recorded-program';
import { tempDir } from '../support/temp-dir';

interface Tree {
  readonly program: RecordedProgram;
  readonly port: number;
  readonly unixPath: string;
  readonly pidPath: string;
  readonly config: Record<string, unknown>;
  /** Replaces the code of the entry script. */
  setCode(text: string): void;
}

const answering = (text: string): string => `exports.answer = ${JSON.stringify(text)};`;

const NOBODY = 65534;

const SERVES = 'upgrade: the successor serves';
const FAILED = { level: 'error', message: 'upgrade failed; this process goes on' } as const;

async function up(more: Record<string, unknown> = {}, script = 'versioned'): Promise<Tree> {
  const folder = tempDir();
  // Readable also for a process that has changed its user.
  chmodSync(folder, 0o755);
  const codePath = join(folder, 'code.js');
  const unixPath = join(folder, 'unix.sock');
  const pidPath = join(folder, 'server.pid');
  const logPath = join(folder, 'server.log');
  const log = more['daemonize'] ? { log: logPath } : {};
  const config = { signalUpgrade: 'SIGURG', unixPath, pidPath, workers: 2, ...log, ...more };
  const setCode = (text: string): void => writeFileSync(codePath, text);
  setCode(answering('old'));
  const program = startRecorded(script, { config, args: [codePath] });
  if (more['daemonize']) {
    expect((await program.exited).code).toBe(0);
    const port = Number(recordsIn(logPath).find(({ message }) => message === 'listening')?.fields['port']);
    return { program, port, unixPath, pidPath, config, setCode };
  }
  await program.waitForWorkers(2);
  return { program, port: await program.port(), unixPath, pidPath, config, setCode };
}

const FIXTURE = JSON.stringify(join(__dirname, '../../.build/fixtures/versioned.js'));

/** A copy of the fixture that a test can remove. */
function ownScript(): string {
  const path = join(tempDir(), 'main.js');
  writeFileSync(path, `require(${FIXTURE});\n`);
  return path;
}

/** A release that contains its code, and that changes the working directory after the start. */
function release(folder: string, answer: string): string {
  mkdirSync(folder);
  writeFileSync(join(folder, 'code.js'), answering(answer));
  const main = `process.argv[3] = require('path').join(__dirname, 'code.js');\nrequire(${FIXTURE});\nprocess.chdir('/');\n`;
  writeFileSync(join(folder, 'main.js'), main);
  return folder;
}

const pidIn = (path: string): number => Number(readFileSync(path, 'utf8'));

describe('upgrade', () => {
  it.each([{ supervisor: false }, { supervisor: true }])(
    'replaces the whole tree with new code, refuses no connection, and updates the pid file (%p)',
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
      await program.record(SERVES);
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
      // In the foreground, the terminal's process stays and forwards its signals.
      expect(isAlive(program.pid)).toBe(true);
      expect(await program.stop()).toEqual({ code: 0, signal: null });
      await program.allGone();
      expect(existsSync(pidPath)).toBe(false);
      expect(existsSync(unixPath)).toBe(false);
    },
  );

  it('replaces a daemon with a new daemon', async () => {
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

  (process.getuid?.() === 0 ? it : it.skip)(
    'hands the pid file on in a folder of root after the daemon has become somebody else',
    async () => {
      const own = tempDir();
      chownSync(own, NOBODY, NOBODY);
      const { program, pidPath, setCode } = await up({
        daemonize: true,
        chuser: NOBODY,
        chgroup: NOBODY,
        unixPath: join(own, 'unix.sock'),
      });
      const old = pidIn(pidPath);
      setCode(answering('new'));
      signalPid(old, 'SIGURG');
      await eventually(() => !isAlive(old), 'the old daemon is gone');
      const now = pidIn(pidPath);
      expect(now).not.toBe(old);
      expect(isAlive(now)).toBe(true);
      expect(readFileSync(join(dirname(pidPath), 'server.log'), 'utf8')).not.toContain('still names');
      signalPid(now, 'SIGTERM');
      await program.allGone();
      expect(readFileSync(pidPath, 'utf8')).toBe('');
    },
  );

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
  ])('keeps the old tree after %s, and logs the reason', async (_what, code, change, why) => {
    const { program, port, unixPath, pidPath, config, setCode } = await up({
      supervisor: true,
      // Only a start that hangs should use it up: on a busy machine the others may take longer.
      daemonizeTimeout: 'hang' in change ? 1 : 30,
    });
    const before = program.livePids().sort();
    setCode(code);
    program.setConfig({ ...config, ...change });
    program.signal('SIGURG');
    const { fields } = await program.record(FAILED);
    expect(fields['reason']).toMatch(why);
    expect(await ask(port)).toBe('old');
    expect(await ask(unixPath)).toBe('old');
    expect(pidIn(pidPath)).toBe(program.pid);
    await eventually(() => program.livePids().length === before.length, 'nothing of the successor is left');
    expect(program.livePids().sort()).toEqual(before);
    expect((await program.stop()).code).toBe(0);
    await program.allGone();
  });

  it('is cancelled by a stop, and leaves nothing behind', async () => {
    const { program, config } = await up({ daemonizeTimeout: 30 });
    program.setConfig({ ...config, hang: true });
    program.signal('SIGURG');
    await program.record('upgrade: starting the successor');
    await eventually(() => program.livePids().length > 3, 'the successor was started');
    expect((await program.stop()).code).toBe(0);
    await program.allGone();
  });

  it.each([{ supervisor: false }, { supervisor: true }])(
    'keeps the old tree when the script is gone, logs the reason, and can be retried (%p)',
    async (more) => {
      const script = ownScript();
      const { program, port, setCode } = await up(more, script);
      const text = readFileSync(script, 'utf8');
      rmSync(script);
      program.signal('SIGURG');
      const { fields } = await program.record(FAILED);
      expect(fields['reason']).toMatch(/no script that a worker process could run, got .*main\.js/);
      expect(await ask(port)).toBe('old');
      writeFileSync(script, text);
      setCode(answering('new'));
      program.signal('SIGURG');
      await program.record(SERVES);
      await eventually(async () => (await ask(port)) === 'new', 'the new code answers');
      expect((await program.stop()).code).toBe(0);
      await program.allGone();
    },
  );

  it('waits until the engine is up, because a socket that is not open yet could not be passed on', async () => {
    const folder = tempDir();
    const [codePath, waitFor] = [join(folder, 'code.js'), join(folder, 'go')];
    writeFileSync(codePath, answering('old'));
    const config = { signalUpgrade: 'SIGURG', unixPath: join(folder, 'sock'), workers: 1, waitFor };
    const program = startRecorded('versioned', { config, args: [codePath] });
    await program.record('waiting for the file');
    program.signal('SIGURG');
    await program.record('upgrade: waits until this engine is up');
    program.signal('SIGURG');
    expect(program.livePids()).toEqual([program.pid]);
    writeFileSync(codePath, answering('new'));
    writeFileSync(waitFor, '');
    await program.record(SERVES);
    const port = await program.port();
    await eventually(async () => (await ask(port)) === 'new', 'the new code answers');
    expect(program.matching('[error]')).toEqual([]);
    expect((await program.stop()).code).toBe(0);
    await program.allGone();
  });

  it('passes commands that arrive meanwhile on to the successor', async () => {
    const { program, config } = await up();
    const waitFor = join(tempDir(), 'go');
    program.setConfig({ ...config, waitFor });
    program.signal('SIGURG');
    await program.record('waiting for the file');
    for (const [signal, obeyed] of [
      ['SIGUSR1', 'restarting 2 workers'],
      ['SIGTTIN', 'scaling from 2 to 3 workers'],
    ] as const) {
      program.signal(signal);
      await program.record(obeyed);
    }
    const since = program.now;
    writeFileSync(waitFor, '');
    await program.record(SERVES);
    await program.record(/^restarting \d workers/, { since });
    await program.record('scaling from 2 to 3 workers', { since });
    expect((await program.stop()).code).toBe(0);
    await program.allGone();
  });

  it('runs the release that `current` points to now, after `cd current && node main.js`', async () => {
    const folder = realpathSync(tempDir());
    const [one, two] = [release(join(folder, '1'), 'old'), release(join(folder, '2'), 'new')];
    const current = join(folder, 'current');
    symlinkSync(one, current);
    const config = {
      signalUpgrade: 'URG',
      unixPath: join(folder, 'sock'),
      pidPath: 'server.pid',
      workers: 1,
    };
    const program = startRecorded(join(current, 'main.js'), { config, cwd: current });
    await program.waitForWorkers(1);
    const port = await program.port();
    expect(await ask(port)).toBe('old');
    expect(pidIn(join(one, 'server.pid'))).toBe(program.pid);
    symlinkSync(two, `${current}.next`);
    renameSync(`${current}.next`, current);
    program.signal('SIGURG');
    const { fields } = await program.record('upgrade: starting the successor');
    expect(fields['script']).toBe(join(two, 'main.js'));
    await program.record(SERVES);
    await eventually(async () => (await ask(port)) === 'new', 'the new release answers');
    expect(pidIn(join(two, 'server.pid'))).not.toBe(program.pid);
    expect((await program.stop()).code).toBe(0);
    await program.allGone();
    expect([one, two].filter((at) => existsSync(join(at, 'server.pid')))).toEqual([]);
  });
});
