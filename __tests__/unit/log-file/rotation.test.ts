import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { FakeClock } from '../../../src/testing/fake-clock';
import { compressGenerations } from '../../../src/log-file/compress-generations';
import type { LogSink } from '../../../src/record/log-sink';
import { shiftGenerations } from '../../../src/log-file/numbered-rotation';
import type { RotationSettings } from '../../../src/log-file/rotation';
import { openSink } from '../../../src/log-file/sink';
import { eventually } from '../../support/eventually';

let folder: string;
let path: string;
let sinks: LogSink[];
let clock: FakeClock;

const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
const files = (): string[] =>
  readdirSync(folder)
    .filter((name) => !name.endsWith('.json'))
    .sort();

async function open(settings: Partial<RotationSettings>): Promise<LogSink> {
  const rotation = { age: 5, sizeBytes: 0, daily: false, compress: false, ...settings };
  const { sink } = await openSink(path, { rotation, clock });
  sinks.push(sink);
  return sink;
}

function log(sink: LogSink, ...lines: readonly string[]): void {
  for (const line of lines) {
    sink.write(`${line}\n`);
    sink.flush();
  }
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rotation-'));
  path = join(folder, 'app.log');
  sinks = [];
  clock = new FakeClock();
});

afterEach(() => {
  jest.useRealTimers();
  for (const sink of sinks) sink.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('rotation by size (PARITY: app.log, generations by log_rotate_age, size by log_rotate_size)', () => {
  it('moves a file before it grows too large, and keeps logRotateAge files', async () => {
    const sink = await open({ age: 3, sizeBytes: 8 });
    log(sink, 'one', 'two', 'three', 'four', 'five', 'six');
    expect(files()).toEqual(['app.log', 'app.log.0', 'app.log.1']);
    expect([read('app.log.1'), read('app.log.0'), read('app.log')]).toEqual(['four\n', 'five\n', 'six\n']);
  });

  it('counts the existing content, and what another process has removed from it', async () => {
    writeFileSync(path, 'before\n');
    const sink = await open({ sizeBytes: 10 });
    log(sink, 'one');
    expect(read('app.log.0')).toBe('before\n');
    writeFileSync(path, '');
    clock.advance(1000);
    log(sink, 'two', 'three');
    expect(read('app.log')).toBe('two\nthree\n');
  });

  it('rotates the target of a symbolic link, not the link', async () => {
    const real = join(folder, 'real');
    mkdirSync(real);
    symlinkSync(join(real, 'data.log'), path);
    const sink = await open({ sizeBytes: 5 });
    log(sink, 'one', 'two');
    expect(readdirSync(real).sort()).toEqual(['data.log', 'data.log.0']);
    expect(readlinkSync(path)).toBe(join(real, 'data.log'));
  });

  it('leaves alone a file that was moved a moment ago, and continues in a new one', async () => {
    const sink = await open({ sizeBytes: 5 });
    log(sink, 'one');
    renameSync(path, `${path}.by-logrotate`);
    log(sink, 'two');
    expect(files()).toEqual(['app.log', 'app.log.by-logrotate']);
    expect(read('app.log')).toBe('two\n');
  });

  it('is off with logRotateSize 0 or logRotateAge 0', async () => {
    for (const settings of [{ sizeBytes: 0 }, { sizeBytes: 5, age: 0 }]) {
      log(await open(settings), 'a long line', 'another');
    }
    expect(files()).toEqual(['app.log']);
  });

  it('continues in the same file when it cannot be moved', async () => {
    const sink = await open({ age: 2, sizeBytes: 5 });
    mkdirSync(`${path}.0`);
    const told = jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
    log(sink, 'one', 'two', 'three');
    told.mockRestore();
    expect(read('app.log')).toBe('one\ntwo\nthree\n');
    rmSync(`${path}.0`, { recursive: true });
    log(sink, 'four');
    expect([read('app.log.0'), read('app.log')]).toEqual(['one\ntwo\nthree\n', 'four\n']);
  });

  it('loses, doubles or truncates no line, for any sizes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 60 }),
        async (lengths, sizeBytes) => {
          const dir = mkdtempSync(join(folder, 'p-'));
          const rotation = { age: 100, sizeBytes, daily: false, compress: false };
          const { sink } = await openSink(join(dir, 'app.log'), { rotation, clock });
          const lines = lengths.map((length, index) => `${String(index)}:${'x'.repeat(length)}`);
          log(sink, ...lines);
          sink.close();
          const ages = readdirSync(dir).map((name) => Number(/\.(\d+)$/.exec(name)?.[1] ?? -1));
          const oldestFirst = ages.sort((a, b) => b - a);
          const text = oldestFirst.map((age) =>
            readFileSync(join(dir, age < 0 ? 'app.log' : `app.log.${String(age)}`), 'utf8'),
          );
          expect(text.join('')).toBe(lines.map((line) => `${line}\n`).join(''));
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe('shiftGenerations', () => {
  it.each([
    [3, ['app.log', 'app.log.0', 'app.log.1'], ['app.log.0', 'app.log.1']],
    [3, ['app.log', 'app.log.0.gz', 'app.log.1'], ['app.log.0', 'app.log.1.gz']],
    [3, ['app.log', 'app.log.1'], ['app.log.0', 'app.log.1']],
    [1, ['app.log', 'app.log.0.gz'], ['app.log.0']],
    [4, ['app.log.0'], ['app.log.1']],
  ])('with age %j turns %j into %j', (age, before, after) => {
    for (const name of before) writeFileSync(join(folder, name), name);
    shiftGenerations(path, age);
    expect(files()).toEqual(after);
  });
});

describe('logCompress', () => {
  it('compresses old files, also those that are renamed meanwhile', async () => {
    const sink = await open({ sizeBytes: 5, compress: true });
    log(sink, 'one', 'two');
    await eventually(() => files().includes('app.log.0.gz'), 'the old file is compressed');
    log(sink, 'three');
    await eventually(() => files().join() === 'app.log,app.log.0.gz,app.log.1.gz', 'both are compressed');
    const text = (name: string): string => gunzipSync(readFileSync(join(folder, name))).toString();
    expect([text('app.log.1.gz'), text('app.log.0.gz'), read('app.log')]).toEqual([
      'one\n',
      'two\n',
      'three\n',
    ]);
  });

  it('leaves no unfinished file behind', async () => {
    writeFileSync(`${path}.0`, 'x'.repeat(100_000));
    const compressed = compressGenerations([`${path}.0`, `${path}.1`]);
    renameSync(`${path}.0`, `${path}.1`);
    await compressed;
    expect(files()).toEqual(['app.log.1.gz']);
  });

  it('removes the unfinished file of a killed process, not that of a live one', async () => {
    // No pid is that large.
    for (const pid of [2 ** 31 - 1, process.pid]) writeFileSync(`${path}.0.gz.${String(pid)}.tmp`, '');
    await compressGenerations([`${path}.0`]);
    expect(files()).toEqual([`app.log.0.gz.${String(process.pid)}.tmp`]);
  });
});

describe('logRotateDaily', () => {
  beforeEach(() => {
    jest.useFakeTimers({
      doNotFake: ['nextTick', 'setImmediate', 'setTimeout', 'performance'],
      now: new Date(2026, 10, 22, 12),
    });
  });

  it('writes one file a day, and keeps the log as a link to it', async () => {
    const sink = await open({ daily: true });
    log(sink, 'today');
    expect(files()).toEqual(['app.log', 'app.log.2026-11-22']);
    jest.setSystemTime(new Date(2026, 10, 23, 0, 1));
    log(sink, 'tomorrow');
    expect(readlinkSync(path)).toBe('app.log.2026-11-23');
    expect([read('app.log.2026-11-22'), read('app.log')]).toEqual(['today\n', 'tomorrow\n']);
  });

  it('keeps logRotateAge files, compressed on request', async () => {
    const sink = await open({ daily: true, age: 3, compress: true });
    for (let day = 22; day < 28; day += 1) {
      jest.setSystemTime(new Date(2026, 10, day, 12));
      log(sink, `day ${String(day)}`);
      const before = `app.log.2026-11-${String(day - 1)}.gz`;
      if (day > 22)
        await eventually(() => files().includes(before) && !files().includes(before.slice(0, -3)), before);
    }
    expect(files()).toEqual([
      'app.log',
      'app.log.2026-11-25.gz',
      'app.log.2026-11-26.gz',
      'app.log.2026-11-27',
    ]);
  });

  it('rotates by size within a day too', async () => {
    const sink = await open({ daily: true, sizeBytes: 1024 });
    const line = 'é'.repeat(350);
    log(sink, line, line, line, line);
    expect(files()).toEqual(['app.log', 'app.log.2026-11-22', 'app.log.2026-11-22.1']);
    expect(readlinkSync(path)).toBe('app.log.2026-11-22.1');
    expect(read('app.log.2026-11-22') + read('app.log')).toBe(`${line}\n`.repeat(4));
  });

  it('restores the link, moves a foreign file away, and continues in its file after a restart', async () => {
    writeFileSync(path, 'from before\n');
    const sink = await open({ daily: true });
    log(sink, 'one');
    expect(read('app.log.0')).toBe('from before\n');
    unlinkSync(path);
    clock.advance(1000);
    expect(read('app.log')).toBe('one\n');
    sink.close();
    log(await open({ daily: true }), 'two');
    expect(read('app.log')).toBe('one\ntwo\n');
  });

  it('does not create missing folders', async () => {
    await expect(
      openSink(join(folder, 'mispelt', 'app.log'), {
        rotation: { age: 5, sizeBytes: 0, daily: true, compress: false },
      }),
    ).rejects.toThrow('log: cannot open');
  });
});

describe('half a line at the end of the log', () => {
  it.each([
    ['whole\nhal', 'whole\n', 'hal'],
    ['hal', '', 'hal'],
    ['whole\n', 'whole\n', undefined],
    ['', '', undefined],
    [`whole\n${'x'.repeat(200_000)}`, 'whole\n', 'x'.repeat(200_000)],
  ])('is removed with a message', async (before, after, half) => {
    writeFileSync(path, before);
    const { sink, halfLine } = await openSink(path, { clock });
    sinks.push(sink);
    expect([read('app.log'), halfLine]).toEqual([after, half]);
  });

  it('stays when another process writes to the file', async () => {
    writeFileSync(path, 'hal');
    const { sink, halfLine } = await openSink(path, { clock, isShared: true });
    sinks.push(sink);
    expect([read('app.log'), halfLine]).toEqual(['hal', undefined]);
  });
});
