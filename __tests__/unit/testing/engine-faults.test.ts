import { appendFileSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineStatus, WorkerStatus } from '../../../src/contract/status';
import { faultOf, requireProcess, whyNotReady, workerAt } from '../../../src/testing/engine-faults';
import { EngineLog } from '../../../src/testing/engine-log';
import { loaderFlags } from '../../../src/testing/loader-flags';
import { tempDir } from '../../support/temp-dir';

function worker(group: string, workerId: number, more: Partial<WorkerStatus> = {}): WorkerStatus {
  return {
    group,
    workerId,
    pid: 5,
    state: 'running',
    ready: true,
    generation: 1,
    uptimeMs: 0,
    restarts: 0,
    lastExit: undefined,
    ...more,
  };
}

function status(workers: readonly WorkerStatus[], more: Partial<EngineStatus> = {}): EngineStatus {
  const names = [...new Set(workers.map(({ group }) => group))];
  const groups = names.map((name) => {
    const target = new Set(workers.filter(({ group }) => group === name).map(({ workerId }) => workerId))
      .size;
    return {
      name,
      type: 'process' as const,
      target,
      strategy: 'auto',
      start: 'spawn',
      startInUse: 'spawn' as const,
    };
  });
  return { state: 'running', groups, workers, ...more } as EngineStatus;
}

describe('the worker that a test names', () => {
  const all = status([worker('web', 0), worker('web', 1), worker('a/b', 1)]);

  it.each([
    [0, 'web', 0],
    ['0', 'web', 0],
    ['web/1', 'web', 1],
    ['a/b/1', 'a/b', 1],
    [{ group: 'web', workerId: 1 }, 'web', 1],
  ])('is found by %j', (target, group, workerId) =>
    expect(workerAt(all, target)).toMatchObject({ group, workerId }),
  );

  it.each([
    [1, /several groups have a worker 1: say which, one of 'web\/0', 'web\/1', 'a\/b\/1'/],
    ['web/2', /there is no worker 'web\/2'/],
    ['nobody', /there is no worker 'nobody'/],
  ])('is not found by %j', (target, message) => expect(() => workerAt(all, target)).toThrow(message));

  it('is the one that has the place, not the one that drains', () => {
    const two = status([
      worker('web', 0, { state: 'draining', generation: 1 }),
      worker('web', 0, { generation: 2 }),
    ]);
    expect(workerAt(two, 0).generation).toBe(2);
  });

  it('must be of a type that can be broken', () => {
    const one = worker('web', 0);
    const threads = {
      groups: [
        { name: 'web', type: 'thread', target: 1, strategy: 'all', start: 'spawn', startInUse: 'spawn' },
      ],
    } as const;
    expect(() => requireProcess(status([one], threads), one, 'kill')).toThrow(
      /kill\(\) needs a worker of the type process or spawn, got worker web\/0 of the type thread\. Start the test engine with workerType: 'process'/,
    );
    expect(() => requireProcess(status([one]), one, 'kill')).not.toThrow();
  });
});

describe('the end of a fault', () => {
  it('comes with the next start, or by itself', () => {
    let isOver = false;
    const fault = faultOf('is frozen', worker('web', 0), () => isOver);
    expect(fault.isOver(status([worker('web', 0)]))).toBe(false);
    expect(fault.isOver(status([worker('web', 0, { generation: 2 })]))).toBe(true);
    isOver = true;
    expect(fault.isOver(status([worker('web', 0)]))).toBe(true);
  });

  it.each([
    [status([worker('web', 0)]), undefined],
    [status([worker('web', 0)], { state: 'preparing' }), 'the server is preparing'],
    [
      status([worker('web', 0), worker('web', 1, { ready: false })]),
      '1 of 2 workers of the group web are ready',
    ],
    [status([]), 'the server has no workers yet'],
  ])('requires workers that are ready: case %#', (one, why) => expect(whyNotReady(one)).toBe(why));
});

it('the loaders of a test are passed on, without those of its runner', () => {
  const given = [
    '--test',
    '--import',
    'tsx',
    '--require=x',
    '-r',
    'y',
    '--inspect=0',
    '--enable-source-maps',
  ];
  expect(loaderFlags([...given, '--experimental-test-coverage', '--import'])).toEqual([
    ...['--import', 'tsx', '--require=x', '-r', 'y', '--enable-source-maps', '--import'],
  ]);
});

describe('the log of a test engine', () => {
  const line = (message: string): string =>
    `${JSON.stringify({ time: 'now', level: 'info', role: 'server', pid: 5, message, n: 1 })}\n`;

  it('is read as it grows, across a rename, in pieces, and not from an endless device', () => {
    const path = join(tempDir(), 'engine.log');
    const log = new EngineLog(path);
    expect(log.read()).toEqual([]);
    appendFileSync(path, `${line('one')}no record\n${line('two').slice(0, 20)}`);
    expect(log.read()).toEqual([
      { level: 'info', message: 'one', role: 'server', worker: undefined, pid: 5, fields: { n: 1 } },
    ]);
    renameSync(path, `${path}.1`);
    symlinkSync('/dev/full', path);
    expect(log.read()).toHaveLength(1);
    log.moved(`${path}.1`);
    appendFileSync(`${path}.1`, line('two').slice(20));
    expect(log.read().map(({ message }) => message)).toEqual(['one', 'two']);
    const next = join(tempDir(), 'next.log');
    appendFileSync(next, line('three'));
    log.goOnIn(next);
    expect(log.read().map(({ message }) => message)).toEqual(['one', 'two', 'three']);
  });
});
