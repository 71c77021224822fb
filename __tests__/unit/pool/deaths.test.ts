import { FakeClock } from '../../../src/testing/fake-clock';
import type { KillReason } from '../../../src/contract/end-reasons';
import type { DeathRecord } from '../../../src/contract/status';
import { LastWords } from '../../../src/record/last-words';
import { LogBlock } from '../../../src/record/log-block';
import { LOG_LEVELS, type LogFields, type Logger } from '../../../src/record/logger';
import { Deaths } from '../../../src/pool/deaths';
import type { ChildExit } from '../../../src/watch/child-exit';
import { reportUnfinished } from '../../../src/launch/report-unfinished';
import type { WorkerHandle } from '../../../src/pool/worker-handle';

const KILLED: ChildExit = { code: null, signal: 'SIGKILL' };
const WHO = { workerId: 2, generation: 3 };

/** A logger that records its calls. */
function keepingLogger() {
  const log: { level: string; message: unknown; fields: LogFields }[] = [];
  const calls = LOG_LEVELS.map((level) => [
    level,
    (message: unknown, fields: LogFields) => log.push({ level, message, fields }),
  ]);
  return { logger: Object.fromEntries(calls) as Logger, log };
}

interface Given {
  readonly reason?: KillReason;
  readonly lines?: readonly string[];
}

function setUp({ reason, lines = ['one', 'two'] }: Given = {}) {
  const clock = new FakeClock();
  const { logger, log } = keepingLogger();
  const records: DeathRecord[] = [];
  const deaths = new Deaths({
    group: 'Web',
    nameOf: (workerId) => `worker ${workerId}`,
    fields: {},
    isUnrecoverable: (code) => code === 3,
    onDeath: (record) => records.push(record),
    clock,
    logger,
  });
  let drain!: () => void;
  const lastWords = new LastWords();
  for (const line of lines) lastWords.push(Buffer.from(`${line}\n`));
  const handle: WorkerHandle = {
    pid: 4711,
    startedAt: clock.now(),
    isStopping: false,
    reason,
    exited: new Promise(() => {}),
    drained: new Promise<void>((resolve) => {
      drain = resolve;
    }),
    figures: () => ({ rssBytes: 50 * 2 ** 20 }),
    lastWords,
    isListening: () => false,
    requestStop: () => {},
    hurry: () => {},
    reload: () => {},
    dump: () => {},
  };
  clock.advance(1234.5);
  const end = async (exit: ChildExit) => {
    const reported = deaths.report(WHO, exit, handle);
    drain();
    await reported;
    expect(log).toHaveLength(1);
    return { ...log[0]!, record: records[0]! };
  };
  return { clock, deaths, handle, lastWords, log, records, drain, end };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the record of a death', () => {
  it('has all known facts of an unexpected death, in one error', async () => {
    const { end, deaths } = setUp();
    const { level, message, fields, record } = await end(KILLED);
    expect([level, message]).toEqual(['error', 'worker 2 finished unexpectedly with signal SIGKILL']);
    expect(fields).toEqual({
      workerId: 2,
      pid: 4711,
      generation: 3,
      reason: 'crash',
      uptimeMs: 1235,
      rssMb: 50,
      likelyCause: undefined,
      lastLines: new LogBlock(['one', 'two']),
    });
    expect(record).toMatchObject({
      group: 'Web',
      reason: 'crash',
      signal: 'SIGKILL',
      lastLines: ['one', 'two'],
    });
    expect([deaths.records, deaths.lastOf(2), deaths.lastOf(0)]).toEqual([[record], record, undefined]);
    // Not the wall clock, which may be set back: autoscale waits after a crash.
    expect(deaths.crashedAt).toBe(1234.5);
  });

  it.each<[string, ChildExit, KillReason | undefined]>([
    ['a clean end', { code: 0, signal: null }, undefined],
    ['a stop', { code: 0, signal: null }, 'stop'],
    ['a stop that ended it by signal', { code: null, signal: 'SIGQUIT' }, 'restart'],
  ])('has no explanation for %s', async (_name, exit, reason) => {
    const { end, deaths } = setUp(reason ? { reason } : {});
    const { level, fields, record } = await end(exit);
    expect([level, record.reason]).toEqual(['info', reason]);
    expect(deaths.crashedAt).toBeUndefined();
    expect(fields).not.toHaveProperty('lastLines');
  });

  it('gives the reason of a kill by the engine, and does not call it unexpected', async () => {
    const { level, message, record } = await setUp({ reason: 'heartbeat_timeout' }).end(KILLED);
    expect([level, message]).toEqual(['error', 'worker 2 finished with signal SIGKILL']);
    expect(record).toMatchObject({ reason: 'heartbeat_timeout', likelyCause: undefined });
  });

  it('names a full heap', async () => {
    const lines = ['FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory'];
    const { record } = await setUp({ lines }).end({ code: null, signal: 'SIGABRT' });
    expect(record).toMatchObject({
      reason: 'oom',
      likelyCause: 'its JavaScript heap was full (workerHeapLimit, --max-old-space-size)',
    });
  });

  it('names the full heap of a thread', async () => {
    const { level, record } = await setUp().end({ code: 1, signal: null, isHeapFull: true });
    expect([level, record.reason]).toEqual(['error', 'oom']);
  });

  it('names a status that forbids a restart', async () => {
    expect((await setUp().end({ code: 3, signal: null })).record.reason).toBe('unrecoverable');
  });

  it('gives the reason why a worker could not be started', () => {
    const { deaths, log, records } = setUp();
    const spawnError = new Error('EAGAIN');
    deaths.reportFailedStart(WHO, spawnError, 0);
    expect(log[0]).toMatchObject({ level: 'error', message: 'worker 2 could not be started' });
    expect(log[0]?.fields['error']).toBe(spawnError);
    expect(records[0]).toMatchObject({ reason: 'crash', error: 'EAGAIN', pid: undefined });
  });

  it('waits until the pipes are read, so that it has the last line', async () => {
    const { clock, deaths, handle, lastWords, log, records, drain } = setUp({ lines: [] });
    const reported = deaths.report(WHO, KILLED, handle);
    clock.advance(10);
    await settled();
    expect(log).toEqual([]);
    lastWords.push(Buffer.from('the last line\n'));
    drain();
    await reported;
    // Without the time of that wait.
    expect(records[0]).toMatchObject({ lastLines: ['the last line'], uptimeMs: 1235 });
  });

  it('does not wait long for pipes that another program holds open', async () => {
    const { clock, deaths, handle, log } = setUp();
    const reported = deaths.report(WHO, KILLED, handle);
    await settled();
    clock.advance(49);
    await settled();
    expect(log).toEqual([]);
    clock.advance(1);
    await reported;
    expect(log).toHaveLength(1);
  });

  it('is complete only when nothing is left to read', async () => {
    const { deaths, handle, log, drain } = setUp();
    void deaths.report(WHO, { code: 0, signal: null }, handle);
    let isOver = false;
    const all = deaths.allReported().then(() => {
      isOver = true;
    });
    await settled();
    expect([log.length, isOver]).toEqual([1, false]);
    drain();
    await all;
  });

  it('is kept for the last twenty deaths', () => {
    const { deaths } = setUp();
    for (let generation = 1; generation <= 25; generation += 1) {
      deaths.reportFailedStart({ workerId: 0, generation }, new Error('no'), 0);
    }
    expect(deaths.records.map(({ generation }) => generation)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 6),
    );
  });
});

describe('reportUnfinished', () => {
  it('logs what was unfinished, if anything', () => {
    const { logger, log } = keepingLogger();
    reportUnfinished(logger, { label: 'worker 2', fields: { workerId: 2, generation: 1 } }, undefined);
    reportUnfinished(logger, { label: 'worker 2', fields: { workerId: 2, generation: 1 } }, 'x'.repeat(900));
    expect(log).toEqual([
      {
        level: 'warn',
        message: 'worker 2 ended in the middle of a log record',
        fields: { workerId: 2, generation: 1, begun: 'x'.repeat(500), length: 900 },
      },
    ]);
  });
});
