import { spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { isServerEngineError } from '../../../src/common/errors';
import type { Logger } from '../../../src/record/logger';
import { PidFile } from '../../../src/supervisor/pid-file';
import { bundled } from '../../support/bundled';
import { eventually } from '../../support/eventually';
import { makeFifo } from '../../support/fifo';
import { stateOf } from '../../support/processes';
import { reapAfterEach } from '../../support/reaping';
import { tempDir } from '../../support/temp-dir';

type Said = Readonly<Record<string, unknown>>;

/** Another process that takes a pid file. */
class Holder {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(...args: string[]) {
    const program = bundled(join(__dirname, 'programs', 'pid-file.ts'));
    this.#child = spawn(process.execPath, [program, ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines: Interface = createInterface({ input: this.#child.stdout! });
    this.#lines = lines[Symbol.asyncIterator]();
    reapAfterEach(() => {
      this.#child.kill('SIGKILL');
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  async says(): Promise<Said> {
    const { value } = (await this.#lines.next()) as { value?: string };
    return JSON.parse(value ?? '"nothing"') as Said;
  }

  write(text: string): void {
    this.#child.stdin?.write(text);
  }

  end(): void {
    this.#child.stdin?.end();
  }

  async kill(): Promise<void> {
    const exited = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await exited;
  }
}

/** One of several that try repeatedly at the same moment. */
class Contender extends Holder {
  constructor() {
    super('--race');
  }

  take(path: string, at: number): Promise<Said> {
    this.write(`take ${path} ${String(at)}\n`);
    return this.says();
  }

  release(): Promise<Said> {
    this.write('release\n');
    return this.says();
  }
}

async function holder(...args: string[]): Promise<Holder> {
  const one = new Holder(...args);
  expect(await one.says()).toEqual({ has: one.pid });
  return one;
}

function take(path: string) {
  const warnings: [string, unknown][] = [];
  const logger = {
    warn: (message: string, fields: unknown) => warnings.push([message, fields]),
  } as unknown as Logger;
  const pidFile = new PidFile(path);
  pidFile.report(logger);
  return { pidFile: { remove: () => pidFile.remove(logger) }, warnings };
}

function problemOf(path: string): string {
  try {
    take(path);
  } catch (error) {
    if (!isServerEngineError(error)) throw error;
    expect(error.name).toBe('ConfigError');
    return `${error.code} ${error.message}`;
  }
  throw new Error('the pid file was taken');
}

const pidIn = (path: string): number => Number(readFileSync(path, 'utf8'));
const isRoot = process.getuid?.() === 0;

describe(PidFile, () => {
  it('holds our pid, is readable for everybody, and leaves nothing else behind', () => {
    const dir = tempDir();
    const { pidFile, warnings } = take(join(dir, 'my.pid'));
    expect(readFileSync(join(dir, 'my.pid'), 'utf8')).toBe(`${String(process.pid)}\n`);
    expect(statSync(join(dir, 'my.pid')).mode & 0o444).toBe(0o444);
    // A second file names the owner.
    expect(readdirSync(dir)).toEqual(['my.pid', 'my.pid.lock']);
    pidFile.remove();
    expect(readdirSync(dir)).toEqual([]);
    expect(warnings).toEqual([]);
  });

  it('is found after a change of the working directory', () => {
    const dir = tempDir();
    const before = process.cwd();
    try {
      process.chdir(dir);
      const { pidFile } = take('my.pid');
      process.chdir('/');
      pidFile.remove();
    } finally {
      process.chdir(before);
    }
    expect(readdirSync(dir)).toEqual([]);
  });

  it('of a live process is an error that names it and leaves the file alone', async () => {
    const path = join(tempDir(), 'my.pid');
    const owner = await holder(path);
    expect(problemOf(path)).toBe(
      `ERR_ENGINE_STATE pidPath: ${path} belongs to process ${String(owner.pid)}, which is running. Stop it first, or give another pidPath.`,
    );
    expect(pidIn(path)).toBe(owner.pid);
    owner.end();
    expect(await owner.says()).toEqual({ removed: true });
    expect(existsSync(path)).toBe(false);
  });

  it("of another user's live process is the same error", () => {
    const path = join(tempDir(), 'my.pid');
    writeFileSync(path, '1\n');
    // Without the right to signal pid 1, only its existence is known.
    expect(problemOf(path)).toContain('belongs to process 1, which is running');
  });

  it('is replaced with a warning when stale', async () => {
    const path = join(tempDir(), 'my.pid');
    const owner = await holder(path);
    await owner.kill();
    const { warnings } = take(path);
    expect(pidIn(path)).toBe(process.pid);
    expect(warnings).toEqual([['stale pid file replaced', { path, pid: owner.pid }]]);
  });

  it('is not stale after a change of the clock, because the start time of its process counts', async () => {
    const path = join(tempDir(), 'my.pid');
    const owner = await holder(path);
    for (const days of [-3650, 3650]) {
      const then = new Date(Date.now() + days * 86_400_000);
      utimesSync(path, then, then);
      expect(problemOf(path)).toContain(`belongs to process ${String(owner.pid)}, which is running`);
    }
  });

  it.each([
    ['began at another moment', (name: string) => name.replace(/-\d+-/, '-7-')],
    ['is of another boot', (name: string) => name.replace(/-[0-9a-f]*$/, '-0123456789abcdef')],
  ])('is stale when a later process got the pid: its process %s', async (_, other) => {
    const path = join(tempDir(), 'my.pid');
    const owner = await holder(path);
    const [name = ''] = readdirSync(`${path}.lock`);
    renameSync(join(`${path}.lock`, name), join(`${path}.lock`, other(name)));
    expect(take(path).warnings).toEqual([['stale pid file replaced', { path, pid: owner.pid }]]);
    expect(pidIn(path)).toBe(process.pid);
    // The end of the other one must not remove ours.
    owner.end();
    expect(await owner.says()).toEqual({ removed: true });
    expect(pidIn(path)).toBe(process.pid);
    expect(readdirSync(`${path}.lock`)).toHaveLength(1);
  });

  it('has one owner when several start at the same moment, with and without a stale file', async () => {
    const dir = tempDir();
    const dead = await holder(join(dir, 'dead.pid'));
    await dead.kill();
    const contenders = [new Contender(), new Contender(), new Contender()];
    await Promise.all(contenders.map((one) => one.says()));
    for (let round = 0; round < 30; round += 1) {
      const path = join(dir, `${String(round)}.pid`);
      if (round % 2 > 0) {
        cpSync(join(dir, 'dead.pid'), path);
        cpSync(join(dir, 'dead.pid.lock'), `${path}.lock`, { recursive: true });
      }
      const at = Date.now() + 15;
      const results = await Promise.all(contenders.map((one) => one.take(path, at)));
      const winners = results.filter(({ has }) => has !== undefined);
      expect({ round, results, winners: winners.length }).toMatchObject({ winners: 1 });
      expect(pidIn(path)).toBe(winners[0]?.['has']);
      for (const { has, code } of results) if (has === undefined) expect(code).toBe('ERR_ENGINE_STATE');
      await Promise.all(contenders.map((one) => one.release()));
    }
    expect(readdirSync(dir).sort()).toEqual(['dead.pid', 'dead.pid.lock']);
  });

  it('is free after a kill at any step of taking it', () => {
    const dir = tempDir();
    const path = join(dir, 'my.pid');
    const dead = `${String(2 ** 31 - 1)}-7-`;
    mkdirSync(`${path}.lock`);
    mkdirSync(`${path}.lock.${String(2 ** 31 - 1)}-aBcDeF`);
    writeFileSync(join(`${path}.lock.${String(2 ** 31 - 1)}-aBcDeF`, dead), '');
    take(path).pidFile.remove();
    expect(readdirSync(dir)).toEqual([]);
    mkdirSync(`${path}.lock`);
    for (const name of [dead, `${dead}.new`]) writeFileSync(join(`${path}.lock`, name), '');
    expect(take(path).warnings).toEqual([]);
    expect(readdirSync(`${path}.lock`)).toHaveLength(1);
  });

  it.each([
    ['a FIFO (named pipe)', (path: string) => makeFifo(path)],
    ['a directory', (path: string) => mkdirSync(path)],
  ])('is an error where there is %s, without a wait', (kind, lay) => {
    const dir = tempDir();
    lay(join(dir, 'my.pid'));
    expect(problemOf(join(dir, 'my.pid'))).toMatch(
      /^ERR_CONFIG_INVALID pidPath: cannot write .*: there is a /,
    );
    expect(problemOf(join(dir, 'my.pid'))).toContain(`there is ${kind}.`);
    expect(readdirSync(dir)).toEqual(['my.pid']);
  });

  it('is an error where its companion is a file, which is left alone', () => {
    const dir = tempDir();
    writeFileSync(join(dir, 'my.pid.lock'), 'of flock(1)');
    expect(problemOf(join(dir, 'my.pid'))).toMatch(
      /my\.pid\.lock belongs to something else, and the engine needs/,
    );
    expect(readdirSync(dir)).toEqual(['my.pid.lock']);
  });

  it('does not make us wait when a FIFO appears there later', () => {
    const dir = tempDir();
    const { pidFile, warnings } = take(join(dir, 'my.pid'));
    rmSync(join(dir, 'my.pid'));
    makeFifo(join(dir, 'my.pid'));
    pidFile.remove();
    expect(warnings).toEqual([]);
    expect(readdirSync(dir)).toEqual(['my.pid']);
  });

  it('is never written through a planted link', () => {
    const dir = tempDir();
    const precious = join(dir, 'precious');
    writeFileSync(precious, 'precious');
    const path = join(dir, 'my.pid');
    for (const name of [path, `${path}.${String(process.pid)}`]) symlinkSync(precious, name);
    take(path);
    expect(readFileSync(precious, 'utf8')).toBe('precious');
    expect(lstatSync(path).isFile()).toBe(true);
  });

  it('is stale when its process has ended but was not collected yet', async () => {
    const path = join(tempDir(), 'my.pid');
    // The shell becomes a program that does not wait for the shell's children.
    const parent = spawn('/bin/sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    reapAfterEach(() => {
      parent.kill('SIGKILL');
    });
    const pid = await new Promise<number>((resolve) =>
      parent.stdout.once('data', (text: Buffer) => resolve(Number(text.toString()))),
    );
    await eventually(() => stateOf(pid) === undefined, 'it has ended');
    writeFileSync(path, `${String(pid)}\n`);
    expect(take(path).warnings).toEqual([['stale pid file replaced', { path, pid }]]);
  });

  it.each(['', '\n', 'not a pid', '0', '-1'])('with the content %j belongs to nobody', (text) => {
    const path = join(tempDir(), 'my.pid');
    writeFileSync(path, text);
    expect(take(path).warnings).toEqual([]);
    expect(pidIn(path)).toBe(process.pid);
  });

  it('with our own pid is from an earlier life: in a container every life has the same pid', () => {
    const path = join(tempDir(), 'my.pid');
    writeFileSync(path, `${String(process.pid)}\n`);
    expect(take(path).warnings).toEqual([]);
  });

  it('is removed only while it is ours', () => {
    const path = join(tempDir(), 'my.pid');
    const { pidFile } = take(path);
    writeFileSync(path, '1\n');
    pidFile.remove();
    expect(pidIn(path)).toBe(1);
  });

  it('is no error when it is gone already', () => {
    const path = join(tempDir(), 'my.pid');
    const first = take(path).pidFile;
    first.remove();
    expect(() => first.remove()).not.toThrow();
  });

  it('is a clear error when its folder is missing or is not a folder', () => {
    const dir = tempDir();
    expect(problemOf(join(dir, 'none', 'my.pid'))).toMatch(
      /^ERR_CONFIG_INVALID pidPath: cannot write .*none\/my\.pid: ENOENT/,
    );
    writeFileSync(join(dir, 'file'), '');
    expect(problemOf(join(dir, 'file', 'my.pid'))).toMatch(/^ERR_CONFIG_INVALID pidPath: .*: ENOTDIR/);
    mkdirSync(join(dir, 'folder'));
    expect(problemOf(join(dir, 'folder'))).toMatch(/^ERR_CONFIG_INVALID pidPath: cannot write /);
    expect(readdirSync(dir).sort()).toEqual(['file', 'folder']);
  });

  it('is an error in a folder without write permission', () => {
    const dir = join(tempDir(), 'locked');
    mkdirSync(dir, { mode: 0o555 });
    // Root may write anywhere else.
    const path = join(isRoot ? '/proc' : dir, 'my.pid');
    expect(problemOf(path)).toMatch(/^ERR_CONFIG_INVALID pidPath: cannot write .*: E(ACCES|NOENT|PERM|ROFS)/);
  });

  it('is emptied with a warning when it may no longer be removed', async () => {
    const dir = tempDir();
    chmodSync(dir, 0o755);
    const path = join(dir, 'my.pid');
    if (!isRoot) {
      const { pidFile, warnings } = take(path);
      chmodSync(dir, 0o555);
      pidFile.remove();
      chmodSync(dir, 0o755);
      expect(warnings).toEqual([['pid file cannot be removed; it is emptied', expect.anything()]]);
      expect(readFileSync(path, 'utf8')).toBe('');
      return;
    }
    const uid = 65534;
    const owner = await holder(path, String(uid));
    chownSync(path, uid, uid);
    owner.end();
    expect(await owner.says()).toEqual({
      warning: 'pid file cannot be removed; it is emptied',
      path,
      reason: expect.stringContaining('EACCES') as unknown,
    });
    expect(await owner.says()).toEqual({ removed: true });
    expect(readFileSync(path, 'utf8')).toBe('');
  });
});
