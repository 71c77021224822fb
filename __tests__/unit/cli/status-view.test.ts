import { colored, plain } from '../../../src/cli/screen';
import { statusLines } from '../../../src/cli/status-view';
import { topLines } from '../../../src/cli/commands/top';
import type { DeathRecord, EngineStatus, GroupStatus, WorkerStatus } from '../../../src/contract/status';

const NOW = 1_800_000_000_000;

const death: DeathRecord = {
  group: 'web',
  workerId: 1,
  generation: 2,
  pid: 41,
  reason: 'crash',
  code: null,
  signal: 'SIGKILL',
  uptimeMs: 5000,
  at: NOW - 90_000,
};

function worker(workerId: number, more: Partial<WorkerStatus> = {}): WorkerStatus {
  return {
    group: 'web',
    workerId,
    pid: 100 + workerId,
    state: 'running',
    ready: true,
    generation: 1,
    uptimeMs: 3_600_000,
    restarts: 0,
    lastExit: undefined,
    ...more,
  };
}

function status(more: Partial<EngineStatus> = {}): EngineStatus {
  return {
    version: '1.2.3',
    pid: 7,
    role: 'supervisor',
    state: 'running',
    startedAt: NOW - 7_200_000,
    uptimeMs: 7_200_000,
    reloadedAt: NOW - 60_000,
    rollout: undefined,
    sockets: ['tcp 127.0.0.1:80'],
    groups: [
      { name: 'web', type: 'process', target: 2, strategy: 'auto', start: 'spawn', startInUse: 'spawn' },
    ],
    workers: [
      worker(0, { rssBytes: 52_428_800, heapUsedBytes: 10_485_760, loopDelayMs: 1.4, utilization: 0.123 }),
      worker(1, { restarts: 3, lastExit: death, utilization: 0.95, loopDelayMs: 200 }),
    ],
    standby: [{ group: 'web', pid: 150, state: 'standby', uptimeMs: 1000 }],
    deaths: [death],
    ...more,
  };
}

describe(statusLines, () => {
  it('shows the engine and a row for each worker, without empty columns', () => {
    expect(statusLines(status(), { paint: plain, now: NOW }).join('\n')).toBe(
      `
serverengine 1.2.3  supervisor 7  running  up 2h  reloaded 1m ago
listening on tcp 127.0.0.1:80
web: 2 process workers
WORKER  PID  STATE      UP  RESTARTS  MEMORY   HEAP  DELAY  BUSY  LAST END
web/0   100  running    1h         0   50.0M  10.0M    1ms   12%
web/1   101  running    1h         3                 200ms   95%  crash (SIGKILL) 1m ago
web/-   150  standby  1.0s
`.trim(),
    );
  });

  it.each<[Partial<GroupStatus>, string]>([
    [
      { template: { state: 'ready', pid: 90, uptimeMs: 61_000 } },
      'web: forked from template 90, ready, up 1m',
    ],
    [{ template: { state: 'loading', pid: 90, uptimeMs: 10 } }, 'web: forked from template 90, loading'],
    [{ template: { state: 'waiting', pid: undefined, uptimeMs: 0 } }, 'web: forked from template, waiting'],
    [
      { template: { state: 'lost', pid: undefined, uptimeMs: 0, reason: 'signal SIGKILL', retryMs: 4000 } },
      'web: spawned, not forked: signal SIGKILL; next template in 4.0s',
    ],
    [
      { template: { state: 'loading', pid: 91, uptimeMs: 10, reason: 'signal SIGKILL' } },
      'web: spawned, not forked: signal SIGKILL; template 91 is loading',
    ],
    [
      { template: { state: 'refused', pid: undefined, uptimeMs: 0, reason: 'its debugger is open' } },
      'web: spawned, not forked: its debugger is open',
    ],
  ])('shows what workers are forked from, or why they are spawned: %j', (more, line) => {
    const [group] = status().groups;
    const groups = [{ ...group!, start: 'fork' as const, ...more }];
    expect(statusLines(status({ groups }), { paint: plain, now: NOW }).at(-1)).toBe(line);
    const none = statusLines(status({ groups, workers: [], standby: [] }), { paint: plain, now: NOW });
    expect(none.at(-1)).toBe(line);
  });

  it('shows a rollout, and the reason when there are no workers', () => {
    const rollout = { startedAt: NOW, group: 'web', replaced: 1, left: 2 };
    const lines = statusLines(status({ rollout, workers: [], standby: [], state: 'preparing' }), {
      paint: plain,
      now: NOW,
    });
    expect(lines).toContain('restarting web: 1 replaced, 2 left');
    expect(lines).toContain('no workers yet: beforeRun() is still running');
    const silent = statusLines(status({ workers: [], standby: [] }), { paint: plain, now: NOW });
    expect(silent.at(-1)).toMatch(/server process does not run, or does not answer/);
  });

  it('has the same text in color', () => {
    const text = statusLines(status(), { paint: colored, now: NOW }).join('\n');
    // eslint-disable-next-line no-control-regex -- the colors themselves
    expect(text.replace(/\u001b\[\d+m/g, '')).toBe(
      statusLines(status(), { paint: plain, now: NOW }).join('\n'),
    );
    expect(text).toContain('\u001b[33m 95%');
  });
});

describe(topLines, () => {
  const screen = { paint: plain, rows: 24, columns: 120 };

  it('sorts by the chosen column', () => {
    const first = (order: 'worker' | 'busy'): string =>
      topLines(status(), order, screen, NOW).find((line) => line.startsWith('web/')) ?? '';
    expect(first('worker')).toMatch(/^web\/0/);
    expect(first('busy')).toMatch(/^web\/1/);
  });

  it.each([1, 5, 8, 24])('never returns more lines than the screen has: %i', (rows) => {
    const many = status({ workers: Array.from({ length: 200 }, (_, id) => worker(id)) });
    const lines = topLines(many, 'worker', { ...screen, rows }, NOW);
    expect(lines.length).toBeLessThanOrEqual(rows);
    if (rows > 5) expect(lines.some((line) => /… \d+ more/.test(line))).toBe(true);
  });

  it('truncates lines that are wider than the screen', () => {
    const lines = topLines(status(), 'worker', { ...screen, columns: 30 }, NOW);
    for (const line of lines.filter((text) => /^(web\/\S+ +\d|WORKER)/.test(text)))
      expect(line.length).toBeLessThanOrEqual(30);
  });
});
