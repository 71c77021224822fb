import { spawn, type ChildProcess } from 'node:child_process';
import { FakeClock } from '../../../src/testing/fake-clock';
import { OrphanReaper } from '../../../src/watch/orphan-reaper';
import type { Logger } from '../../../src/record/logger';
import { eventually } from '../../support/eventually';
import { reapersOf } from '../../support/orphan-reapers';
import { isAlive, signalPid } from '../../support/processes';

// An engine of an earlier test in this process may still have its own for a while.
const strangers = new Set<number>();
const ownReapers = (): number[] => reapersOf(process.pid).filter((pid) => !strangers.has(pid));

beforeAll(() => {
  for (const pid of reapersOf(process.pid)) strangers.add(pid);
});

const sleepers: ChildProcess[] = [];

afterEach(() => {
  for (const sleeper of sleepers.splice(0)) sleeper.kill('SIGKILL');
});

function sleeper() {
  const child = spawn('/bin/sleep', ['60'], { stdio: 'ignore' });
  sleepers.push(child);
  let isRunning = true;
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => {
      isRunning = false;
      resolve();
    });
  });
  return {
    pid: child.pid!,
    get isAlive() {
      return isRunning;
    },
    exited,
    end: () => {
      child.kill('SIGKILL');
      return exited;
    },
  };
}

function setUp() {
  const clock = new FakeClock();
  const warnings: string[] = [];
  const logger = { warn: (message: string) => warnings.push(message) } as unknown as Logger;
  const reaper = new OrphanReaper(clock, logger);
  reaper.setGrace(0);
  return { clock, warnings, reaper };
}

const helper = () => eventually(() => ownReapers()[0], 'there is a helper');
const noHelper = () => eventually(() => ownReapers().length === 0, 'there is no helper');

describe(OrphanReaper, () => {
  it('has no helper before there is a child, and none a while after the last', async () => {
    const { clock, reaper, warnings } = setUp();
    expect(ownReapers()).toEqual([]);
    const child = sleeper();
    reaper.guard(child);
    await helper();
    await child.end();
    clock.advance(9000);
    expect(ownReapers()).toHaveLength(1);
    clock.advance(1000);
    await noHelper();
    expect(warnings).toEqual([]);
  });

  it('keeps one helper for all children, also when a child is replaced', async () => {
    const { clock, reaper } = setUp();
    const [one, other] = [sleeper(), sleeper()];
    reaper.guard(one);
    const pid = await helper();
    await one.end();
    clock.advance(9000);
    reaper.guard(other);
    await new Promise(setImmediate);
    clock.advance(9000);
    expect(ownReapers()).toEqual([pid]);
    await other.end();
    clock.advance(10_000);
    await noHelper();
  });

  it('does not guard a child that has ended already, or was never started', async () => {
    const { clock, reaper } = setUp();
    const child = sleeper();
    await child.end();
    reaper.guard(child);
    reaper.guard({ pid: undefined, isAlive: true, exited: new Promise(() => {}) });
    clock.advance(10_000);
    await new Promise(setImmediate);
    expect(ownReapers()).toEqual([]);
  });

  it('starts a new helper for one that died, and logs that', async () => {
    const { clock, reaper, warnings } = setUp();
    const child = sleeper();
    reaper.guard(child);
    const first = await helper();
    clock.advance(5000);
    signalPid(first, 'SIGKILL');
    await eventually(() => warnings.length === 1, 'a warning');
    clock.advance(0);
    const second = await helper();
    expect(second).not.toBe(first);
    expect(isAlive(child.pid)).toBe(true);
    await child.end();
    clock.advance(10_000);
    await noHelper();
    expect(warnings).toEqual(['the helper that ends orphaned workers is gone; a new one is started']);
  });

  it('gives up after helpers that die repeatedly', async () => {
    const { clock, reaper, warnings } = setUp();
    const child = sleeper();
    reaper.guard(child);
    for (let failures = 1; failures <= 5; failures++) {
      signalPid(await helper(), 'SIGKILL');
      await eventually(() => warnings.length === failures, 'a warning');
      clock.advance(1000);
    }
    expect(warnings.at(-1)).toBe(
      'the helper that ends orphaned workers cannot be run: a blocked worker may outlive a killed server',
    );
    reaper.guard(sleeper());
    await new Promise(setImmediate);
    clock.advance(60_000);
    expect(ownReapers()).toEqual([]);
  });

  it('releases children', async () => {
    const { clock, reaper } = setUp();
    const child = sleeper();
    reaper.guard(child);
    await helper();
    reaper.releaseAll();
    clock.advance(10_000);
    await noHelper();
    expect(isAlive(child.pid)).toBe(true);
  });

  it('starts the helper when the first child has booted, and soon in any case', async () => {
    for (const isBooted of [true, false]) {
      const { clock, reaper } = setUp();
      const child = sleeper();
      let boot = (): void => {};
      reaper.guard(child, new Promise((resolve) => (boot = resolve)));
      await new Promise(setImmediate);
      clock.advance(100);
      expect(ownReapers()).toEqual([]);
      if (isBooted) boot();
      else clock.advance(200);
      await helper();
      await child.end();
      clock.advance(10_000);
      await noHelper();
    }
  });
});
