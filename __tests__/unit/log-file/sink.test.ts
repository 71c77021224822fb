import { spawnSync } from 'node:child_process';
import fs, {
  existsSync,
  mkdirSync,
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
import { FakeClock } from '../../../src/testing/fake-clock';
import type { LogSink } from '../../../src/record/log-sink';
import { openSink, type SinkOptions } from '../../../src/log-file/sink';
import { runProgram } from '../record/programs/run';
import { bundled } from '../../support/bundled';

let folder: string;
let path: string;
let sinks: LogSink[];
let clock: FakeClock;

const read = (file = path): string => readFileSync(file, 'utf8');
const tick = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

async function open(log: string | undefined, options: SinkOptions = {}): Promise<LogSink> {
  const { sink } = await openSink(log, { clock, ...options });
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
  it('logs to stderr without a log, to stdout for -, and to a file for a path (PARITY: log nil → stderr, - → stdout, path → file)', async () => {
    expect((await open(undefined)).target).toBe('stderr');
    expect((await open('-')).target).toBe('stdout');
    const file = await open(path);
    expect({ target: file.target, isTerminal: file.isTerminal }).toEqual({
      target: 'file',
      isTerminal: false,
    });
  });

  it('reports path, reason and cure when the file cannot be opened at the start', async () => {
    let thrown: unknown;
    try {
      await openSink(join(folder, 'missing', 'app.log'));
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
  it('appends to existing content', async () => {
    (await open(path)).write('one\n');
    await tick();
    (await open(path)).write(Buffer.from('two\n'));
    await tick();
    expect(read()).toBe('one\ntwo\n');
  });

  it('gathers the writes of one tick in order, texts and buffers, and writes them at its end', async () => {
    const sink = await open(path);
    sink.write('a\n');
    sink.write(Buffer.from('b\n'));
    sink.write('c\n');
    sink.write('d\n');
    expect(read()).toBe('');
    await tick();
    expect(read()).toBe('a\nb\nc\nd\n');
  });

  it('writes at once on flush(), on close() and when much has gathered', async () => {
    const sink = await open(path);
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

  it('continues in a new file after reopen() (PARITY: a file moved under us is picked up by reopen)', async () => {
    const sink = await open(path);
    sink.write('old\n');
    renameSync(path, `${path}.1`);
    sink.reopen();
    sink.write('new\n');
    sink.flush();
    expect(read(`${path}.1`)).toBe('old\n');
    expect(read()).toBe('new\n');
  });

  it('notices by itself, at most once a second, that its file was moved or deleted (PARITY: also by itself)', async () => {
    const sink = await open(path);
    unlinkSync(path);
    sink.write('lost with the file\n');
    sink.flush();
    expect(existsSync(path)).toBe(false);
    clock.advance(1000);
    sink.write('found\n');
    sink.flush();
    expect(read()).toBe('found\n');
  });

  it('continues at the start of a truncated file (PARITY: a file emptied under us)', async () => {
    const sink = await open(path);
    sink.write('old\n');
    sink.flush();
    truncateSync(path);
    sink.write('new\n');
    sink.flush();
    expect(read()).toBe('new\n');
  });

  it('continues in the moved file when no new one can be opened, with one message on stderr', async () => {
    const sink = await open(path);
    renameSync(folder, `${folder}.away`);
    const written = jest.spyOn(fs, 'writeSync').mockImplementation(() => 0);
    sink.reopen();
    sink.reopen();
    expect(written.mock.calls).toEqual([[2, expect.stringContaining('cannot be opened: ENOENT')]]);
    written.mockRestore();
    sink.write('still here\n');
    sink.flush();
    renameSync(`${folder}.away`, folder);
    expect(read()).toBe('still here\n');
  });

  it('keeps lines while its file and folder are deleted, and writes them when the folder is back', async () => {
    const deeper = join(folder, 'deeper');
    mkdirSync(deeper);
    const file = join(deeper, 'app.log');
    const sink = await open(file);
    rmSync(deeper, { recursive: true });
    const written = jest.spyOn(process.stderr, 'write');
    clock.advance(1000);
    sink.write('kept\n');
    sink.flush();
    clock.advance(5000);
    mkdirSync(deeper);
    clock.advance(1000);
    const { calls } = written.mock;
    // Other files run in this process, too.
    written.mockRestore();
    expect(read(file)).toBe('kept\n');
    expect(calls).toEqual([]);
  });

  it('survives a full disk and logs the number of dropped lines when there is space again', async () => {
    symlinkSync('/dev/full', path);
    const sink = await open(path);
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

  it('writes records of an exit listener that runs after its own', async () => {
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

  it('does not fail without a reader', async () => {
    const program = bundled(join(__dirname, '../record/programs', 'sink.ts'));
    const command = `"${process.execPath}" -e 'process.disconnect = () => {}; process.argv = [0, 0, "natural", "-"]; require("${program}")' | true; exit "\${PIPESTATUS[0]}"`;
    const { status, stderr } = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
