import assert from 'node:assert/strict';
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Worker as Thread } from 'node:worker_threads';
import { BoardWriter } from '../../../src/child/board-writer';
import { WorkerGauge } from '../../../src/health/worker-gauge';
import { FakeClock } from '../../../src/testing/fake-clock';
import { systemClock } from '../../../src/common/clock';
import { RECORD_BYTES, type BoardPlace } from '../../../src/protocol/board-record';
import { ChildWatch, type Watched } from '../../../src/watch/child-watch';
import { openUnnamedFile } from '../../../src/common/unnamed-file';
import { Scoreboard, type BoardEntry } from '../../../src/watch/scoreboard';
import { bundled } from '../../support/bundled';
import { tempDir } from '../../support/temp-dir';
import { fakeLogger } from '../contract/fake-logger';

function writer({ place }: BoardEntry, workerId = 0): { write(): boolean; gauge: WorkerGauge } {
  const gauge = new WorkerGauge('process');
  const board = new BoardWriter(place, gauge);
  board.become({ workerId, generation: 1 });
  return { write: () => board.write(5), gauge };
}

describe('the file of the scoreboard', () => {
  it('has no name', () => {
    const folder = tempDir();
    const file = openUnnamedFile([folder])!;
    expect(readdirSync(folder)).toEqual([]);
    expect(fstatSync(file.fd)).toMatchObject({ dev: file.dev, ino: file.ino, nlink: 0 });
    closeSync(file.fd);
  });

  it('is in the first folder that works, and without one there is no scoreboard', () => {
    const folder = tempDir();
    const file = openUnnamedFile([join(folder, 'missing'), folder])!;
    expect(file.dev).toBe(fstatSync(openSync(folder, constants.O_RDONLY)).dev);
    closeSync(file.fd);
    expect(openUnnamedFile([join(folder, 'missing')])).toBeUndefined();
  });
});

describe('Scoreboard', () => {
  it('knows the record of each worker after one read', () => {
    const board = new Scoreboard();
    const entries = Array.from({ length: 100 }, () => board.claim()!);
    entries.forEach((entry, workerId) => {
      const { write, gauge } = writer(entry, workerId);
      gauge.jobsDone(workerId * 10);
      gauge.enter('running');
      expect(write()).toBe(true);
    });
    board.read();
    entries.forEach(({ last }, workerId) => {
      expect(last).toMatchObject({ workerId, generation: 1, beats: 1, state: 'running' });
      expect(last!.figures).toMatchObject({ jobs: workerId * 10, connections: 0, loopDelayMs: 5 });
      expect(last!.figures.rssBytes).toBeGreaterThan(2 ** 20);
      expect(last!.figures.heapUsedBytes).toBeGreaterThan(2 ** 20);
    });
    entries.forEach((entry) => board.release(entry));
  });

  it('ignores a late write of an earlier start', () => {
    const board = new Scoreboard();
    const keeper = board.claim()!;
    const old = board.claim()!;
    const late = writer(old, 1);
    late.write();
    board.release(old);
    const taken = Array.from({ length: 31 }, () => board.claim()!);
    const next = taken.find(({ place }) => place.index === old.place.index)!;
    expect(next).toBeDefined();
    late.write();
    board.read();
    expect(next.last).toBeUndefined();
    writer(next, 2).write();
    board.read();
    late.write();
    board.read();
    expect(next.last).toMatchObject({ workerId: 2 });
    for (const entry of [keeper, ...taken]) board.release(entry);
  });

  it('never gives two living starts the same record', () => {
    const board = new Scoreboard();
    const living = new Map<number, BoardEntry>();
    for (let i = 0; i < 500; i += 1) {
      const entry = board.claim()!;
      expect(living.has(entry.place.index)).toBe(false);
      living.set(entry.place.index, entry);
      if (i % 3 === 0) {
        const [index, gone] = [...living][i % living.size]!;
        living.delete(index);
        board.release(gone);
        board.release(gone);
      }
    }
    for (const entry of living.values()) board.release(entry);
  });

  it('survives a worker that truncates the file', () => {
    const board = new Scoreboard();
    const entry = board.claim()!;
    const { write } = writer(entry);
    write();
    board.read();
    ftruncateSync(entry.place.fd, 0);
    board.read();
    expect(entry.last).toMatchObject({ beats: 1 });
    write();
    board.read();
    expect(entry.last).toMatchObject({ beats: 2 });
    board.release(entry);
  });

  it('has no records without a file, or with one that cannot grow', () => {
    expect(new Scoreboard(() => undefined).claim()).toBeUndefined();
    const fd = openSync('/dev/null', constants.O_RDONLY);
    expect(new Scoreboard(() => ({ fd, dev: 0, ino: 0 })).claim()).toBeUndefined();
    closeSync(fd);
  });

  it('closes its file when the last worker has ended, and opens another for the next', () => {
    const board = new Scoreboard();
    const first = board.claim()!;
    const { write } = writer(first);
    expect(write()).toBe(true);
    board.release(first);
    // For example a thread that was left behind.
    expect(write()).toBe(false);
    const next = board.claim()!;
    expect(writer(next).write()).toBe(true);
    board.release(next);
  });

  it('never reads a torn record while a thread writes as fast as it can', async () => {
    const board = new Scoreboard();
    const entry = board.claim()!;
    const thread = new Thread(WRITER, { eval: true, workerData: { place: entry.place, module: RECORD } });
    const online = new Promise((resolve) => thread.once('message', resolve));
    await online;
    let seen = 0;
    for (let i = 0; i < 50_000 && seen < 200; i += 1) {
      const before = entry.last;
      board.read();
      if (!entry.last || entry.last === before || entry.last.beats === before?.beats) continue;
      seen += 1;
      const { beats, workerId, figures } = entry.last;
      assert.deepEqual([workerId, figures.jobs, figures.rssBytes, figures.connections], Array(4).fill(beats));
    }
    expect(seen).toBeGreaterThan(100);
    await thread.terminate();
    board.release(entry);
  });
});

const WRITER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { writeSync } = require('node:fs');
  const { RecordWriter } = require(workerData.module);
  const record = new RecordWriter();
  const { fd, index, serial } = workerData.place;
  parentPort.postMessage('up');
  for (let beats = 1; ; beats += 1) {
    const figures = { rssBytes: beats, jobs: beats, connections: beats };
    const bytes = record.encode({ serial, workerId: beats, generation: 1, state: 'running', beats, beatAtMs: beats, figures });
    writeSync(fd, bytes, 0, ${RECORD_BYTES}, index * ${RECORD_BYTES});
  }
`;

const RECORD = bundled(join(__dirname, '../../../src/protocol/board-record.ts'));

describe('BoardWriter', () => {
  it('does not write into a file of the program that has reused its descriptor', () => {
    const file = openUnnamedFile([tempDir()])!;
    const other = openSync(join(tempDir(), 'data'), 'w+');
    const place: BoardPlace = { ...file, fd: other, index: 0, serial: 1 };
    const board = new BoardWriter(place, new WorkerGauge('process'));
    expect(board.write(0)).toBe(false);
    expect(fstatSync(other).size).toBe(0);
    closeSync(other);
    closeSync(file.fd);
  });

  it('reports a closed descriptor or a full disk, and writes again when there is room', () => {
    const file = openUnnamedFile([tempDir()])!;
    const board = (place: BoardPlace) => new BoardWriter(place, new WorkerGauge('process'));
    expect(board({ ...file, fd: 2 ** 20, index: 0, serial: 1 }).write(0)).toBe(false);
    const full = openSync('/dev/full', 'w');
    const { dev, ino } = fstatSync(full);
    expect(board({ fd: full, dev, ino, index: 0, serial: 1 }).write(0)).toBe(false);
    closeSync(full);
    closeSync(file.fd);
  });
});

describe('ChildWatch with a scoreboard', () => {
  function watched() {
    const clock = new FakeClock();
    const watch = new ChildWatch(clock, fakeLogger());
    const entry = watch.board.claim()!;
    let end!: () => void;
    const exited = new Promise<void>((resolve) => {
      end = resolve;
    });
    const child: Watched = { exited, tick: () => {}, nextDueAt: () => Infinity };
    watch.heartbeats.add(child, clock.now());
    watch.add(child, { board: entry });
    jest.spyOn(systemClock, 'now').mockImplementation(() => clock.now());
    return { clock, watch, entry, child, end, ...writer(entry) };
  }

  afterEach(() => jest.restoreAllMocks());

  it('counts from the beat, not from the read', () => {
    const { clock, watch, child, write } = watched();
    clock.advance(1_300);
    write();
    clock.advance(1_200);
    // It was read at 2,000.
    expect(watch.heartbeats.overdueMs(child, clock.now(), 0)).toBe(1_200);
    clock.advance(5_000);
    expect(watch.heartbeats.overdueMs(child, clock.now(), 0)).toBe(6_200);
  });

  it.each([-1e9, 1e9])('is not misled by the clock of a worker (%d)', (offMs) => {
    const { clock, watch, child, write } = watched();
    clock.advance(10_000);
    const now = clock.now();
    jest.spyOn(systemClock, 'now').mockReturnValueOnce(now + offMs);
    write();
    clock.advance(1_000);
    expect(watch.heartbeats.overdueMs(child, clock.now(), 0)).toBeLessThanOrEqual(1_000);
    expect(watch.heartbeats.overdueMs(child, clock.now(), 0)).toBeGreaterThanOrEqual(0);
  });

  it('reads once for all callers of one moment, and again after that', () => {
    const { clock, watch, entry, write } = watched();
    const read = jest.spyOn(watch.board, 'read');
    clock.advance(500);
    for (let i = 0; i < 200; i += 1) watch.look();
    expect(read).toHaveBeenCalledTimes(1);
    write();
    clock.advance(100);
    watch.look();
    expect(entry.last).toMatchObject({ beats: 1 });
  });

  it('has the last figures of an ended child', async () => {
    const { watch, entry, end, write, clock } = watched();
    write();
    end();
    await clock.advanceAsync(0);
    expect(entry.last).toMatchObject({ beats: 1 });
    expect(watch.board.claim()).toBeDefined();
  });
});
