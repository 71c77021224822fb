import { beginProgress, progressLines, stepProgress, type Progress } from '../../../src/cli/rollout-progress';
import { parseScale, parseWorker, restartText } from '../../../src/cli/commands/tell';
import type { EngineEventName } from '../../../src/contract/events';

const STATUS = {
  workers: [
    { group: 'web', workerId: 0, pid: 10 },
    { group: 'web', workerId: 1, pid: 11 },
    { group: 'queue', workerId: 0, pid: 12 },
  ],
} as never;

const worker = { group: 'web', workerId: 0, generation: 2, pid: 20 };
const death = { ...worker, reason: 'crash', code: 3, signal: null, uptimeMs: 1, at: 0 };

function play(...events: readonly (readonly [EngineEventName, object])[]) {
  const lines: (string | undefined)[] = [];
  let progress: Progress = beginProgress(STATUS, 'web');
  for (const [event, payload] of events) {
    const step = stepProgress(progress, event, payload);
    progress = step.progress;
    lines.push(step.line);
  }
  return { lines, shown: progressLines(progress) };
}

describe('the progress of a restart', () => {
  it('has a line for each worker of the group', () => {
    const { lines, shown } = play(
      ['rollout', { group: 'web', kind: 'begun', replaced: 0, left: 2 }],
      ['workerStarted', worker],
      ['workerReady', { ...worker, startMs: 250 }],
      ['workerExited', { ...death, pid: 10, reason: 'restart', code: 0 }],
      ['rollout', { group: 'web', kind: 'progress', replaced: 1, left: 1 }],
    );
    expect(shown).toEqual([
      '✓ web/0  10 → 20              ready after 0.3s',
      '  web/1  11                   waits',
    ]);
    expect(lines).toEqual([
      'web: restart begins, 2 to replace',
      'web/0: started, pid 20',
      'web/0: ready after 0.3s, pid 20',
      'web/0: pid 10 ended, restart',
      'web: 1 replaced, 1 left',
    ]);
  });

  it('shows the replacement that failed', () => {
    const { lines, shown } = play(
      ['templateState', { group: 'web', state: 'ready' }],
      ['templateState', { group: 'web', state: 'refused', reason: 'its debugger is open' }],
      ['workerStarted', worker],
      ['workerExited', death],
      ['rollout', { group: 'web', kind: 'halted', replaced: 0, left: 2 }],
    );
    expect(shown[0]).toBe('✗ web/0  10 → 20              crash (status 3)');
    expect(lines).toEqual([
      undefined,
      'web: workers are spawned, not forked: its debugger is open',
      'web/0: started, pid 20',
      'web/0: pid 20 ended, crash (status 3)',
      'web: restart halted',
    ]);
  });

  it('adds workers that it has not seen before', () => {
    expect(play(['workerStarted', { ...worker, workerId: 7 }]).shown[2]).toMatch(/^… web\/7/);
  });
});

describe(restartText, () => {
  it.each([
    [
      { ok: true, outcome: 'held', replaced: 1, kept: 0, tookMs: 1500 } as const,
      'restarted: 1 worker replaced in 1.5s',
    ],
    [
      {
        ok: false,
        outcome: 'halted',
        replaced: 1,
        kept: 2,
        tookMs: 9,
        failed: { group: 'web', workerId: 3, why: 'ended before it was ready' },
      } as const,
      'restart halted: worker web/3 ended before it was ready; 1 replaced, 2 old workers left in place',
    ],
    [
      { ok: false, reason: 'the server is stopping', replaced: 0, kept: 0, tookMs: 0 } as const,
      'restart refused: the server is stopping',
    ],
  ])('describes %j', (result, text) => expect(restartText(result)).toBe(text));
});

describe('the arguments of a command', () => {
  it.each([
    [['4'], { group: undefined, count: '4' }],
    [['web', '4'], { group: 'web', count: '4' }],
    [['web', '-1'], { group: 'web', count: '-1' }],
  ])('accept scale %j', (words, expected) => expect(parseScale(words)).toEqual(expected));

  it.each([[['many']], [['web', '1', '2']], [['1.5']], [['web']]])('reject scale %j', (words) =>
    expect(() => parseScale(words)).toThrow(/^scale takes a number of workers.*got '/),
  );

  it('accept a worker by its id, alone or with its group', () => {
    expect(parseWorker('2')).toEqual({ worker: 2 });
    expect(parseWorker('web/2')).toEqual({ worker: 2, group: 'web' });
    expect(() => parseWorker('web')).toThrow(/such as web\/2; got 'web'/);
  });
});
