import { LogBlock } from '../../../src/logging/log-block';
import { reportExit, reportUnfinished, type WorkerDeath } from '../../../src/servers/exit-report';
import { LOG_LEVELS, type LogFields, type Logger } from '../../../src/logging/logger';

/** A logger that keeps its calls. */
function keepingLogger() {
  const log: { level: string; message: unknown; fields: LogFields }[] = [];
  const calls = LOG_LEVELS.map((level) => [
    level,
    (message: unknown, fields: LogFields) => log.push({ level, message, fields }),
  ]);
  return { logger: Object.fromEntries(calls) as Logger, log };
}

const death: WorkerDeath = {
  workerId: 2,
  pid: 4711,
  generation: 3,
  exit: { code: null, signal: 'SIGKILL' },
  reason: undefined,
  uptimeMs: 1234.5,
  rssBytes: 50 * 2 ** 20,
  lastLines: ['one', 'two'],
  hasOomKill: false,
};

function reported(change: Partial<WorkerDeath>) {
  const { logger, log } = keepingLogger();
  reportExit(logger, { ...death, ...change });
  expect(log).toHaveLength(1);
  return log[0]!;
}

describe('reportExit', () => {
  it('tells all that is known of an unexpected death in one error', () => {
    expect(reported({})).toEqual({
      level: 'error',
      message: 'worker 2 finished unexpectedly with signal SIGKILL',
      fields: {
        workerId: 2,
        pid: 4711,
        generation: 3,
        reason: undefined,
        uptimeMs: 1235,
        rssMb: 50,
        likelyCause: undefined,
        lastLines: new LogBlock(['one', 'two']),
      },
    });
  });

  it.each<[string, Partial<WorkerDeath>]>([
    ['a clean end', { exit: { code: 0, signal: null } }],
    ['a stop', { exit: { code: 0, signal: null }, reason: 'stop' }],
    ['a stop that ended it by signal', { exit: { code: null, signal: 'SIGQUIT' }, reason: 'restart' }],
  ])('needs no explanation for %s', (_name, change) => {
    const { level, fields } = reported(change);
    expect(level).toBe('info');
    expect(fields).not.toHaveProperty('lastLines');
  });

  it('gives the reason when we killed it, and does not call that unexpected', () => {
    const { level, message, fields } = reported({ reason: 'heartbeat_timeout', hasOomKill: true });
    expect([level, message]).toEqual(['error', 'worker 2 finished with signal SIGKILL']);
    expect(fields).toMatchObject({ reason: 'heartbeat_timeout', likelyCause: undefined });
  });

  it.each<[string, Partial<WorkerDeath>, string | undefined]>([
    ['the OOM killer', { hasOomKill: true }, 'the kernel killed it for want of memory (OOM killer)'],
    [
      'no OOM killer for another signal',
      { hasOomKill: true, exit: { code: null, signal: 'SIGSEGV' } },
      undefined,
    ],
    [
      'a full heap',
      {
        exit: { code: null, signal: 'SIGABRT' },
        lastLines: ['FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory'],
      },
      'its JavaScript heap was full (--max-old-space-size)',
    ],
  ])('names %s', (_name, change, cause) => {
    expect(reported(change).fields['likelyCause']).toBe(cause);
  });

  it('says why a worker could not be started', () => {
    const spawnError = new Error('EAGAIN');
    const { level, message, fields } = reported({ exit: { code: null, signal: null, spawnError } });
    expect([level, message, fields['error']]).toEqual(['error', 'worker 2 could not be started', spawnError]);
  });
});

describe('reportUnfinished', () => {
  it('says what was begun, if anything was', () => {
    const { logger, log } = keepingLogger();
    reportUnfinished(logger, { workerId: 2, generation: 1 }, undefined);
    reportUnfinished(logger, { workerId: 2, generation: 1 }, 'x'.repeat(900));
    expect(log).toEqual([
      {
        level: 'warn',
        message: 'worker 2 ended in the middle of a log record',
        fields: { workerId: 2, generation: 1, begun: 'x'.repeat(500), length: 900 },
      },
    ]);
  });
});
