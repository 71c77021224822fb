import { BlockingFlag } from '../../../src/common/blocking-flag';
import { EventHub } from '../../../src/contract/event-hub';
import type { EngineStatus, ServerState, WorkerStatusState } from '../../../src/contract/status';
import { NoticeQueue } from '../../../src/systemd/notice-queue';
import { ServiceManager } from '../../../src/systemd/service-manager';
import { isHealthy, statusLine } from '../../../src/systemd/status-line';
import { FakeClock } from '../../../src/testing/fake-clock';
import { fakeLogger } from '../contract/fake-logger';

function status(state: ServerState, workers: readonly WorkerStatusState[], more: object = {}): EngineStatus {
  return {
    state,
    groups: [
      { name: 'Web', type: 'process', target: 2, strategy: 'auto', start: 'spawn', startInUse: 'spawn' },
    ],
    workers: workers.map((worker, workerId) => ({
      group: 'Web',
      workerId,
      state: worker,
      ready: worker === 'running',
    })),
    standby: [],
    ...more,
  } as unknown as EngineStatus;
}

describe('the status line', () => {
  it.each([
    [status('running', ['running', 'starting']), 'running; 1 of 2 workers ready', true],
    [status('running', ['waiting', 'starting']), 'running; 0 of 2 workers ready', false],
    [status('preparing', []), 'preparing; 0 of 2 workers ready', false],
    [status('stopping', []), 'stopping; 0 of 2 workers ready', true],
    [status('running', [], { groups: [] }), 'running', false],
    [
      status('running', ['running'], {
        groups: [{ name: 'Web', target: 1, start: 'fork', startInUse: 'spawn' }],
      }),
      'running; 1 of 1 workers ready (spawned, not forked)',
      true,
    ],
    [
      status('running', ['running'], { rollout: { group: 'Web', replaced: 1, left: 1 } }),
      'running; 1 of 2 workers ready; restart of Web: 1 replaced, 1 left',
      true,
    ],
    [
      status('running', ['running'], { standby: [{ state: 'standby' }, { state: 'starting' }] }),
      'running; 1 of 2 workers ready; 1 on standby',
      true,
    ],
  ])('%#', (given, line, healthy) => {
    expect(statusLine(given)).toBe(line);
    expect(isHealthy(given)).toBe(healthy);
  });
});

describe(NoticeQueue.name, () => {
  it('keeps the order, sends one message at a time, and only the last of repeated ones', async () => {
    const sent: string[] = [];
    const queue = new NoticeQueue(async (lines) => {
      sent.push(lines.join(' '));
      return undefined;
    }, fakeLogger());
    for (const line of ['READY=1', 'STATUS=a', 'WATCHDOG=1', 'STATUS=b', 'STOPPING=1']) queue.add([line]);
    await queue.emptied();
    expect(sent).toEqual(['READY=1', 'WATCHDOG=1', 'STATUS=b', 'STOPPING=1']);
  });

  it('logs once that systemd is unreachable, and once that it is reachable again', async () => {
    const logger = fakeLogger();
    const answers: (string | undefined)[] = ['gone', 'gone', undefined, undefined];
    const queue = new NoticeQueue(async () => answers.shift(), logger);
    for (const name of ['A=1', 'B=1', 'C=1', 'D=1']) queue.add([name]);
    await queue.emptied();
    expect(logger.error).toHaveBeenCalledTimes(1);
    expect(logger.info).toHaveBeenCalledTimes(1);
    expect(queue.isBroken).toBe(false);
  });
});

describe(ServiceManager.name, () => {
  it('feeds the watchdog while the engine is healthy, and checks again soon while it is not', async () => {
    const clock = new FakeClock();
    const isUp = new BlockingFlag();
    const sent: string[] = [];
    let current = status('running', ['running', 'running']);
    const manager = new ServiceManager({
      running: {
        submit: async () => ({ ok: true }) as never,
        status: async () => current,
        programMetrics: async () => [],
      },
      events: new EventHub(),
      onCommand: () => {},
      isUp,
      isSuccessor: false,
      parentPid: () => 1,
      watchdogMs: 9000,
      send: async (lines) => {
        sent.push(...lines);
        return undefined;
      },
      clock,
      logger: fakeLogger(),
    });
    const fed = (): number => sent.filter((line) => line === 'WATCHDOG=1').length;
    isUp.set();
    await settle();
    clock.advance(0);
    await settle();
    expect(sent).toEqual(['READY=1', 'STATUS=running; 2 of 2 workers ready', 'WATCHDOG=1']);
    current = status('running', ['starting', 'starting']);
    clock.advance(3000);
    await settle();
    expect(fed()).toBe(1);
    current = status('running', ['running', 'starting']);
    clock.advance(1000);
    await settle();
    expect(fed()).toBe(2);
    await manager.close();
    expect(sent.at(-1)).toBe('STOPPING=1');
  });
});

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}
