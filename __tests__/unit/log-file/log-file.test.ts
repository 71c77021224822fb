import { spawn } from 'node:child_process';
import fs, {
  closeSync,
  constants,
  lchownSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  existsSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { FakeClock } from '../../../src/testing/fake-clock';
import { compressGenerations } from '../../../src/log-file/compress-generations';
import type { LogSink } from '../../../src/record/log-sink';
import { openSink, type SinkOptions } from '../../../src/log-file/sink';
import { bundled } from '../../support/bundled';
import { eventually } from '../../support/eventually';
import { makeFifo } from '../../support/fifo';
import { reapAfterEach } from '../../support/reaping';
import { tempDir } from '../../support/temp-dir';
import { runProgram } from '../record/programs/run';

const isRoot = process.geteuid?.() === 0;
const NOBODY = 65534;

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

async function open(path: string, options: SinkOptions = {}): Promise<LogSink> {
  const { sink } = await openSink(path, { clock: new FakeClock(), ...options });
  reapAfterEach(() => sink.close());
  return sink;
}

function log(sink: LogSink, ...lines: readonly string[]): void {
  for (const line of lines) {
    sink.write(`${line}\n`);
    sink.flush();
  }
}

async function problemOf(path: string, options: SinkOptions = {}): Promise<string> {
  return open(path, options).then(
    () => 'none',
    (error: unknown) => (error as Error).message,
  );
}

function underUmask(mask: number): void {
  const before = process.umask(mask);
  reapAfterEach(() => void process.umask(before));
}

describe('the permissions of log files', () => {
  const daily = { age: 5, sizeBytes: 0, daily: true, compress: false };
  const bySize = { age: 5, sizeBytes: 5, daily: false, compress: true };

  it('exclude other users under any umask: log, rotated, compressed and daily files, and their list', async () => {
    underUmask(0);
    const dir = tempDir();
    log(await open(join(dir, 'app.log'), { rotation: bySize }), 'one', 'two');
    log(await open(join(dir, 'daily.log'), { rotation: daily }), 'one');
    await eventually(() => existsSync(join(dir, 'app.log.0.gz')), 'the old file is compressed');
    const modes = readdirSync(dir).map((name) => modeOf(join(dir, name)));
    expect(new Set(modes)).toEqual(new Set(['640']));
    expect(modes.length).toBeGreaterThanOrEqual(5);
  });

  it('are those of logFileMode without the umask, and an existing file keeps its own', async () => {
    underUmask(0o022);
    const dir = tempDir();
    await open(join(dir, 'open.log'), { mode: 0o666 });
    writeFileSync(join(dir, 'old.log'), '', { mode: 0o600 });
    await open(join(dir, 'old.log'), { mode: 0o666 });
    expect([modeOf(join(dir, 'open.log')), modeOf(join(dir, 'old.log'))]).toEqual(['644', '600']);
  });
});

describe('a log path that is not a regular file', () => {
  it('is refused at once, with its kind', async () => {
    const dir = tempDir();
    const server = createServer();
    reapAfterEach(() => void server.close());
    await new Promise<void>((resolve) => server.listen(join(dir, 'socket'), resolve));
    mkdirSync(join(dir, 'folder'));
    makeFifo(join(dir, 'fifo'));
    symlinkSync('fifo', join(dir, 'link'));
    const rotations = [undefined, { age: 5, sizeBytes: 1000, daily: true, compress: true }];
    for (const rotation of rotations) {
      const about = (name: string) => problemOf(join(dir, name), rotation && { rotation });
      expect(await about('fifo')).toMatch(
        /^log: cannot open .*fifo: there is a FIFO \(named pipe\) that no process reads\. .*a regular file/,
      );
      expect(await about('link')).toMatch(/there is a FIFO/);
      expect(await about('socket')).toMatch(/there is a socket, which cannot be a log\./);
      expect(await about('folder')).toMatch(/there is a directory, which cannot be a log\./);
    }
    expect(readdirSync(dir).sort()).toEqual(['fifo', 'folder', 'link', 'socket']);
  });

  it('a FIFO with a reader gets the lines, and blocks nobody when it is full', async () => {
    const fifo = makeFifo();
    const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
    const sink = await open(fifo, { rotation: { age: 5, sizeBytes: 10, daily: false, compress: false } });
    log(sink, 'first', ...Array.from({ length: 3000 }, () => 'x'.repeat(99)));
    const buffer = Buffer.alloc(6);
    readSync(reader, buffer);
    closeSync(reader);
    expect(buffer.toString()).toBe('first\n');
  });

  it('a file that appears there after a rotation does not stop the log: the last file continues, and stderr has the reason', async () => {
    const path = join(tempDir(), 'app.log');
    const sink = await open(path);
    log(sink, 'one');
    fs.renameSync(path, `${path}.1`);
    makeFifo(path);
    const said = jest.spyOn(fs, 'writeSync').mockImplementation(() => 0);
    sink.reopen();
    expect(said.mock.calls).toEqual([[2, expect.stringContaining('there is a FIFO (named pipe)')]]);
    said.mockRestore();
    log(sink, 'two');
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('one\ntwo\n');
    rmSync(path);
    sink.reopen();
    log(sink, 'three');
    expect(readFileSync(path, 'utf8')).toBe('three\n');
  });

  it('a device takes lines, and is neither rotated nor read', async () => {
    const rotation = { age: 5, sizeBytes: 5, daily: true, compress: false };
    log(await open('/dev/null', { rotation }), 'one', 'two', 'three');
    expect(readdirSync('/dev').filter((name) => name.startsWith('null'))).toEqual(['null']);
  });

  it('an inherited stream is used as it is, also as a socket and behind a link', async () => {
    const link = join(tempDir(), 'app.log');
    symlinkSync('/proc/self/fd/1', link);
    // Node gives its children sockets as streams.
    const results = await Promise.all(
      ['/dev/stdout', link].map((path) => runProgram('sink', ['exit', path])),
    );
    for (const { stdout, stderr, code } of results) {
      expect({ lines: stdout.split('\n').length, stderr, code }).toEqual({ lines: 101, stderr: '', code: 3 });
    }
  });

  it('/dev/stdout as a file, and a pipe of the shell, get every line', async () => {
    const path = join(tempDir(), 'out');
    const program = bundled(join(__dirname, '../record/programs', 'sink.ts'));
    const run = (log: string): string =>
      `"${process.execPath}" -e 'process.disconnect = () => {}; process.argv = [0, 0, "natural", "${log}"]; require("${program}")'`;
    const shell = spawn('bash', [
      '-c',
      `${run('/dev/stdout')} > ${path}; ${run('/dev/fd/7')} 7> >(cat >> ${path}); wait $!`,
    ]);
    await new Promise((resolve) => shell.once('exit', resolve));
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(201);
  });

  it('a stream that is not open is an error', async () => {
    expect(await problemOf('/dev/fd/987')).toMatch(/^log: cannot open \/dev\/fd\/987: EBADF/);
  });
});

describe('old log files', () => {
  it('are not compressed when they are a link or a FIFO', async () => {
    const dir = tempDir();
    const [link, fifo, precious] = [join(dir, 'app.log.0'), join(dir, 'app.log.1'), join(dir, 'precious')];
    writeFileSync(precious, 'precious');
    symlinkSync(precious, link);
    makeFifo(fifo);
    await compressGenerations([link, fifo]);
    expect(readdirSync(dir).sort()).toEqual(['app.log.0', 'app.log.1', 'precious']);
  });

  it('are compressed into a file that nobody else can have created', async () => {
    const dir = tempDir();
    const [old, precious] = [join(dir, 'app.log.0'), join(dir, 'precious')];
    writeFileSync(old, 'old\n');
    writeFileSync(precious, 'precious');
    symlinkSync(precious, `${old}.gz.${String(process.pid)}.tmp`);
    await compressGenerations([old]);
    expect(readFileSync(precious, 'utf8')).toBe('precious');
    expect(readdirSync(dir)).toContain('app.log.0.gz');
  });

  const rotation = { age: 3, sizeBytes: 0, daily: true, compress: false };

  it.each([
    ['a FIFO', (path: string) => void makeFifo(path)],
    ['a symbolic link', (path: string) => symlinkSync('/etc/passwd', path)],
  ])('whose list is %s are an error at the start', async (kind, lay) => {
    const path = join(tempDir(), 'app.log');
    lay(join(path, '..', '.app.log.audit.json'));
    expect(await problemOf(path, { rotation })).toContain(`.app.log.audit.json is ${kind}`);
  });

  it('are deleted only when they belong to this log, whatever their list names', async () => {
    const dir = tempDir();
    const audit = join(dir, '.app.log.audit.json');
    const ours = { date: 1, name: join(dir, 'app.log.2026-01-01'), hash: 'x' };
    const files = [
      { date: 1, name: '/etc/passwd', hash: 'x' },
      { date: 1, name: join(dir, 'other'), hash: 'x' },
      ours,
    ];
    writeFileSync(
      audit,
      JSON.stringify({ keep: { days: false, amount: 3 }, auditLog: audit, files, hashType: 'sha256' }),
    );
    await open(join(dir, 'app.log'), { rotation });
    const { files: left } = JSON.parse(readFileSync(audit, 'utf8')) as { files: { name: string }[] };
    expect(left.map(({ name }) => name)).toEqual([ours.name, expect.stringContaining('app.log.20')]);
  });

  it('are forgotten when their list is broken, and listed again from then on', async () => {
    const path = join(tempDir(), 'app.log');
    const audit = join(path, '..', '.app.log.audit.json');
    writeFileSync(audit, '{');
    await open(path, { rotation });
    expect((JSON.parse(readFileSync(audit, 'utf8')) as { files: unknown[] }).files).toHaveLength(1);
  });
});

(isRoot ? describe : describe.skip)('root', () => {
  function linked(owner: number): { path: string; target: string } {
    const dir = tempDir();
    const [path, target] = [join(dir, 'app.log'), join(dir, 'target')];
    symlinkSync(target, path);
    lchownSync(path, owner, owner);
    return { path, target };
  }

  it("does not follow another user's link to a missing file or to a file of another user", async () => {
    const { path, target } = linked(NOBODY);
    expect(await problemOf(path)).toMatch(
      /there is a symbolic link of user 65534 to nothing, which root does not/,
    );
    expect(existsSync(target)).toBe(false);
    writeFileSync(target, 'precious');
    expect(await problemOf(path)).toMatch(/to a file of another user, which root does not follow/);
    expect(readFileSync(target, 'utf8')).toBe('precious');
  });

  it("does not move the file behind another user's link, and keeps writing to it", async () => {
    const { path, target } = linked(NOBODY);
    writeFileSync(target, '');
    lchownSync(target, NOBODY, NOBODY);
    const said = jest.spyOn(fs, 'writeSync');
    const sink = await open(path, { rotation: { age: 5, sizeBytes: 5, daily: false, compress: false } });
    log(sink, 'one', 'two');
    expect(said.mock.calls).toContainEqual([
      2,
      expect.stringMatching(/cannot be rotated: it is behind a symbolic/),
    ]);
    said.mockRestore();
    expect(readFileSync(target, 'utf8')).toBe('one\ntwo\n');
  });

  it("follows its own links, and another user's links to that user's files", async () => {
    const theirs = linked(NOBODY);
    writeFileSync(theirs.target, '');
    lchownSync(theirs.target, NOBODY, NOBODY);
    for (const { path, target } of [theirs, linked(0)]) {
      log(await open(path), 'line');
      expect(readFileSync(target, 'utf8')).toBe('line\n');
    }
  });
});

it('a link in a loop is an error', async () => {
  const path = join(tempDir(), 'app.log');
  symlinkSync('app.log', path);
  expect(await problemOf(path)).toMatch(/ELOOP/);
});
