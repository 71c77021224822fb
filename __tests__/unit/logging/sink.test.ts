import { spawnSync } from 'node:child_process';
import fs, {
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isServerEngineError } from '../../../src/common/errors';
import { FakeClock } from '../../../src/common/fake-clock';
import type { LogSink } from '../../../src/logging/log-sink';
import { openSink } from '../../../src/logging/sink';
import { runProgram } from './programs/run';

let folder: string;
let path: string;
let sinks: LogSink[];
let clock: FakeClock;

const read = (file = path): string => readFileSync(file, 'utf8');
const tick = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

function open(log: string | undefined): LogSink {
  const sink = openSink(log, clock);
  sinks.push(sink);
  return sink;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sink-'));
  path = join(folder, 'app.log');
  sinks = [];
  clock = new FakeClock();
});

afterEach(() => {
  for (const sink of sinks) sink.close();
  rmSync(folder, { recursive: true });
});

describe('openSink', () => {
  it('takes no log for stderr, - for stdout, a path for a file (PARITY: log nil → stderr, - → stdout, path → file)', () => {
    expect(open(undefined).target).toBe('stderr');
    expect(open('-').target).toBe('stdout');
    const file = open(path);
    expect({ target: file.target, isTerminal: file.isTerminal }).toEqual({
      target: 'file',
      isTerminal: false,
    });
  });

  it('says path, reason and cure when the file cannot be opened at start', () => {
    let thrown: unknown;
    try {
      openSink(join(folder, 'missing', 'app.log'));
    } catch (error) {
      thrown = error;
    }
    expect(isServerEngineError(thrown) && thrown.code).toBe('ERR_CONFIG_INVALID');
    expect((thrown as Error).message).toMatch(
      /^log: cannot open .*missing\/app\.log: ENOENT.*\. The directory must exist and be writable/,
    );
  });
});

describe('a file sink', () => {
  it('appends to what is there', async () => {
    open(path).write('one\n');
    await tick();
    open(path).write(Buffer.from('two\n'));
    await tick();
    expect(read()).toBe('one\ntwo\n');
  });

  it('gathers the writes of one tick in order, texts and buffers, and writes them at its end', async () => {
    const sink = open(path);
    sink.write('a\n');
    sink.write(Buffer.from('b\n'));
    sink.write('c\n');
    sink.write('d\n');
    expect(read()).toBe('');
    await tick();
    expect(read()).toBe('a\nb\nc\nd\n');
  });

  it('writes at once on flush(), on close() and when much has gathered', () => {
    const sink = open(path);
    sink.write('a\n');
    sink.flush();
    expect(read()).toBe('a\n');
    sink.write(Buffer.from(`${'x'.repeat(70_000)}\n`));
    expect(read()).toHaveLength(70_003);
    sink.write('b\n');
    sink.close();
    expect(read().slice(-3)).toBe('\nb\n');
    sink.write('after close\n');
    sink.flush();
    sink.reopen();
    sink.close();
    expect(read()).not.toContain('after');
  });

  it('goes on in a new file after reopen() (PARITY: a file moved under us is picked up by reopen)', () => {
    const sink = open(path);
    sink.write('old\n');
    renameSync(path, `${path}.1`);
    sink.reopen();
    sink.write('new\n');
    sink.flush();
    expect(read(`${path}.1`)).toBe('old\n');
    expect(read()).toBe('new\n');
  });

  it('notices by itself, at most once a second, that its file was moved or deleted (PARITY: also by itself)', () => {
    const sink = open(path);
    unlinkSync(path);
    sink.write('lost with the file\n');
    sink.flush();
    expect(existsSync(path)).toBe(false);
    clock.advance(1000);
    sink.write('found\n');
    sink.flush();
    expect(read()).toBe('found\n');
  });

  it('goes on at the start of a file that was emptied under it (PARITY: a file emptied under us)', () => {
    const sink = open(path);
    sink.write('old\n');
    sink.flush();
    truncateSync(path);
    sink.write('new\n');
    sink.flush();
    expect(read()).toBe('new\n');
  });

  it('keeps the old file when the new one cannot be opened, and says so once on stderr', () => {
    const sink = open(path);
    renameSync(folder, `${folder}.away`);
    const written = jest.spyOn(fs, 'writeSync').mockImplementation(() => 0);
    sink.reopen();
    sink.reopen();
    expect(written.mock.calls).toEqual([
      [2, expect.stringContaining('cannot be reopened, going on with the old one')],
    ]);
    written.mockRestore();
    sink.write('still here\n');
    sink.flush();
    renameSync(`${folder}.away`, folder);
    expect(read()).toBe('still here\n');
  });

  it('survives a full disk and logs the number of dropped lines when there is space again', () => {
    symlinkSync('/dev/full', path);
    const sink = open(path);
    sink.setDropNotice((lines) => `dropped ${String(lines)}\n`);
    const line = `${'x'.repeat(1023)}\n`;
    for (let i = 0; i < 5000; i += 1) sink.write(line);
    sink.flush();
    unlinkSync(path);
    sink.reopen();
    sink.write('after\n');
    sink.flush();
    const lines = read().split('\n');
    const kept = lines.filter((text) => text.startsWith('xxx')).length;
    expect(kept).toBeGreaterThan(3000);
    expect(lines.slice(kept)).toEqual([`dropped ${String(5000 - kept)}`, 'after', '']);
  });

  it.each(['exit', 'throw', 'natural'])('loses nothing at the end of the process (%s)', async (mode) => {
    const { stderr } = await runProgram('sink', [mode, path]);
    expect(read().split('\n')).toHaveLength(101);
    expect(stderr.includes('on purpose')).toBe(mode === 'throw');
  });

  it('writes what is logged by an exit listener that runs after its own', async () => {
    await runProgram('sink', ['late', path]);
    expect(read()).toMatch(/line 99\nlast words\n$/);
  });
});

describe('a stream sink', () => {
  it.each([
    ['stderr', 'stderr'],
    ['-', 'stdout'],
  ] as const)('writes all lines of the log %j to %s before the process exits', async (log, stream) => {
    const result = await runProgram('sink', ['exit', log]);
    expect(result[stream].split('\n')).toHaveLength(101);
    expect(result.code).toBe(3);
  });

  it('does not fail when nobody reads', () => {
    const program = join(__dirname, 'programs', 'sink.ts');
    const command = `"${process.execPath}" --require tsx/cjs -e 'process.disconnect = () => {}; process.argv = [0, 0, "natural", "-"]; require("${program}")' | true; exit "\${PIPESTATUS[0]}"`;
    const { status, stderr } = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
