import { FakeClock } from '../../../src/common/fake-clock';
import {
  failedStartText,
  FirstStart,
  SETTLING_MS,
  stepStart,
  type StartEvent,
  type StartState,
} from '../../../src/servers/first-start';
import type { ChildExit } from '../../../src/process/process-monitor';
import type { StartedWorker } from '../../../src/servers/worker-slot';

const tried = (...failed: [number, number][]): StartState => ({ kind: 'undecided', failed: new Map(failed) });
const isUp: StartEvent = { kind: 'up' };
const failed = (workerId: number, needed: number): StartEvent => ({ kind: 'failed', workerId, needed });

describe('stepStart', () => {
  it.each<[StartState, StartEvent, StartState]>([
    [tried([1, 1]), isUp, { kind: 'up' }],
    [tried(), failed(0, 1), tried([0, 1])],
    [tried([0, 1]), failed(0, 1), { kind: 'failed' }],
    [tried([0, 1]), failed(1, 1), tried([0, 1], [1, 1])],
    [tried([0, 1], [1, 1]), failed(0, 2), tried([0, 2], [1, 1])],
    [tried([0, 2], [1, 1]), failed(1, 2), { kind: 'failed' }],
    [tried([0, 1]), failed(0, Infinity), tried([0, 2])],
    [{ kind: 'up' }, failed(0, 1), { kind: 'up' }],
    [{ kind: 'failed' }, isUp, { kind: 'failed' }],
  ])('%j and %j', (state, event, next) => {
    expect(stepStart(state, event)).toEqual(next);
  });
});

function setUp(needed = 1) {
  const clock = new FakeClock();
  const said: string[] = [];
  const first = new FirstStart({
    needed: () => needed,
    onUp: () => said.push('up'),
    onTried: ({ why }) => said.push(`tried: ${why}`),
    onFailed: (start) => said.push(`failed: ${failedStartText(start)}`),
    isUnrecoverable: (code) => code === 3,
    clock,
  });
  const worker = (isRunning: boolean, reason?: string): StartedWorker =>
    ({
      handle: { reason, lastWords: { lines: () => ['Error: no luck'] } },
      phase: { kind: isRunning ? 'running' : 'starting' },
      ready: isRunning ? Promise.resolve('ready') : new Promise(() => {}),
      reported: Promise.resolve(),
    }) as unknown as StartedWorker;
  const end = (exit: Partial<ChildExit>) => ({ exit: { code: null, signal: null, ...exit }, endedAt: 0 });
  return { clock, said, first, worker, end };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('FirstStart', () => {
  it('is up once a worker has been ready for a moment', async () => {
    const { clock, said, first, worker } = setUp();
    first.started(worker(true));
    await turn();
    clock.advance(SETTLING_MS - 1);
    expect(said).toEqual([]);
    clock.advance(1);
    expect(said).toEqual(['up']);
  });

  const why = 'worker 0 ended with status 1 before it was up';
  it.each<[string, boolean, string | undefined, Partial<ChildExit>, string[]]>([
    [
      'a run() that throws',
      true,
      undefined,
      { code: 1 },
      [`tried: ${why}`, `failed: ${why}; its last words:\n    Error: no luck`],
    ],
    ['a run() that returns', true, undefined, { code: 0 }, ['up']],
    ['a kill from outside', true, undefined, { signal: 'SIGKILL' }, ['up']],
    ['a kill from outside while it boots', false, undefined, { signal: 'SIGKILL' }, []],
    ['a stop', false, 'stop', { code: 1 }, []],
    ['a status with a rule of its own', false, undefined, { code: 3 }, [`tried: ${why.replace('1', '3')}`]],
    [
      'a start without memory',
      false,
      undefined,
      { spawnError: new Error('spawn ENOMEM') },
      [
        'tried: worker 0 could not be started: spawn ENOMEM',
        'failed: worker 0 could not be started: spawn ENOMEM',
      ],
    ],
  ])('after %s', async (_what, isRunning, reason, exit, expected) => {
    const { clock, said, first, worker, end } = setUp();
    // The second time it is known.
    for (let round = 0; round < 2; round += 1) {
      const started = worker(isRunning, reason);
      first.started(started);
      await turn();
      first.ended(0, started, end(exit));
      await turn();
    }
    clock.advance(SETTLING_MS);
    expect([...new Set(said)]).toEqual(expected);
  });

  it('needs as many different workers as it was told, each twice', async () => {
    const { said, first, worker, end } = setUp(2);
    for (const workerId of [0, 0, 0, 1, 1]) {
      const started = worker(false);
      first.started(started);
      first.ended(workerId, started, end({ code: 1 }));
      await turn();
    }
    expect(said.map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual([
      ...['tried: worker 0', 'tried: worker 0', 'tried: worker 0', 'tried: worker 1', 'tried: worker 1'],
      'failed: worker 1',
    ]);
  });
});
