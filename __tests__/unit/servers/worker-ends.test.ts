import { FakeClock } from '../../../src/common/fake-clock';
import { LogBlock } from '../../../src/logging/log-block';
import { LastWords } from '../../../src/logging/last-words';
import { LOG_LEVELS, type LogFields, type Logger } from '../../../src/logging/logger';
import type { ChildExit } from '../../../src/process/process-monitor';
import { WorkerEnds } from '../../../src/servers/worker-ends';
import type { WorkerHandle } from '../../../src/servers/worker-handle';
import { WorkerSlot, type StartedWorker } from '../../../src/servers/worker-slot';

const KILLED: ChildExit = { code: null, signal: 'SIGKILL' };

/** A worker that ends, and whose pipes are read, when the test says so. */
function worker(startedAt: number) {
  let exit!: (exit: ChildExit) => void;
  let drain!: () => void;
  const lastWords = new LastWords();
  const handle: WorkerHandle = {
    pid: 4711,
    startedAt,
    isStopping: false,
    reason: undefined,
    exited: new Promise((resolve) => (exit = resolve)),
    drained: new Promise((resolve) => (drain = resolve)),
    rssBytes: undefined,
    lastWords,
    isListening: () => false,
    requestStop: () => {},
    hurry: () => {},
    reload: () => {},
    dump: () => {},
  };
  return { handle, lastWords, exit, drain };
}

function setUp() {
  const clock = new FakeClock();
  const log: string[] = [];
  const lastLines: unknown[] = [];
  const calls = LOG_LEVELS.map((level) => [
    level,
    (message: unknown, fields: LogFields) => {
      log.push(`${level} ${String(message)} ${String(fields['uptimeMs'])}`);
      lastLines.push(fields['lastLines']);
    },
  ]);
  const ends = new WorkerEnds(clock, Object.fromEntries(calls) as Logger);
  return { clock, ends, log, lastLines };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('WorkerEnds', () => {
  it('tells of an end at once, and reports it with what was read until the pipes were empty', async () => {
    const { clock, ends, log, lastLines } = setUp();
    const { handle, lastWords, exit, drain } = worker(clock.now());
    const { ended, reported } = ends.follow({ workerId: 1, generation: 2 }, handle);
    clock.advance(1000);
    exit(KILLED);
    expect(await ended).toEqual({ exit: KILLED, endedAt: clock.now() });
    clock.advance(10);
    await settled();
    expect(log).toEqual([]);
    lastWords.push(Buffer.from('the last line\n'));
    drain();
    await reported;
    expect(log).toEqual(['error worker 1 finished unexpectedly with signal SIGKILL 1000']);
    expect(lastLines).toEqual([new LogBlock(['the last line'])]);
  });

  it('does not wait long for pipes that another program holds open', async () => {
    const { clock, ends, log } = setUp();
    const { handle, exit } = worker(clock.now());
    const { reported } = ends.follow({ workerId: 1, generation: 2 }, handle);
    exit(KILLED);
    await settled();
    clock.advance(49);
    await settled();
    expect(log).toEqual([]);
    clock.advance(1);
    await reported;
    expect(log).toHaveLength(1);
  });

  it('has reported all only when nothing is left to be read', async () => {
    const { clock, ends, log } = setUp();
    const { handle, exit, drain } = worker(clock.now());
    ends.follow({ workerId: 1, generation: 2 }, handle);
    exit({ code: 0, signal: null });
    const seen: string[] = [];
    const all = ends.allReported().then(() => seen.push(...log, 'all'));
    await settled();
    expect(log).toHaveLength(1);
    expect(seen).toEqual([]);
    drain();
    await all;
    expect(seen).toEqual(['info worker 1 finished unexpectedly with status 0 0', 'all']);
  });
});

describe('WorkerSlot', () => {
  it('says nothing of the next worker before the end of the last one is reported', async () => {
    const slot = new WorkerSlot(0);
    slot.current = {} as StartedWorker;
    const said: string[] = [];
    slot.say(() => said.push('first started'));
    let report!: () => void;
    slot.vacate(new Promise((resolve) => (report = resolve)));
    expect(slot.current).toBeUndefined();
    slot.say(() => said.push('second started'));
    await settled();
    expect(said).toEqual(['first started']);
    said.push('first finished');
    report();
    await settled();
    slot.say(() => said.push('second is running'));
    expect(said).toEqual(['first started', 'first finished', 'second started', 'second is running']);
  });
});
