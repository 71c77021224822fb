import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../src/common/clock';
import { AdoptedChildren } from '../../../src/forking/adopted-children';
import { ForkCalls, type ForkCallsDeps } from '../../../src/forking/fork-calls';
import { loadNative, type NativeForks } from '../../../src/forking/native';
import { FakeClock } from '../../../src/testing/fake-clock';

const { EAGAIN, EPIPE } = constants.errno;
const PID = 4711;
const OPEN = (): readonly number[] => [3, 4, 5];

/** What a template does. Its answers come from `answers`, by call; without one it is silent. */
function fakeTemplate(answers: Partial<Record<'ask' | 'request', number>>, more: Partial<NativeForks> = {}) {
  const log: string[] = [];
  const pending: (number | undefined)[] = [];
  const children = new Set<number>();
  const discarded: number[] = [];
  const clock = new FakeClock();
  const native: ForkCallsDeps['native'] = {
    ask: () => {
      pending.push(answers.ask);
      return 0;
    },
    request: () => {
      log.push('request');
      pending.push(answers.request);
      return 0;
    },
    hear: () => {
      const [next = 0] = pending;
      if (next !== 0) pending.shift();
      log.push(`hear ${next}`);
      return next;
    },
    adopt: (isOn) => {
      log.push(`adopt ${isOn}`);
      return 0;
    },
    isChild: (pid) => Number(children.has(pid)),
    ...more,
  };
  // A descriptor that close() may close.
  const control = openSync('/dev/null', 'r');
  const discard = (pid: number): void => void discarded.push(pid);
  const adopted = {
    begin: () => {
      log.push('begin');
      return (known?: number) => void log.push(`end ${known}`);
    },
  };
  const calls = new ForkCalls({ native, control, clock, adopted, discard, limitMs: 100 });
  return { calls, log, pending, children, discarded, clock };
}

/** Lets the turns of the event loop pass that a call needs. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

async function passed(clock: FakeClock, ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 5) {
    clock.advance(5);
    await turns();
  }
}

describe('the calls of a template', () => {
  it('fork a child, and adopt processes only until it is one', async () => {
    const { calls, log, children, discarded } = fakeTemplate({ ask: 1, request: PID });
    children.add(PID);
    expect(await calls.fork(OPEN)).toEqual({ value: PID });
    expect(log).toEqual(['hear 1', 'begin', 'adopt 1', 'request', `hear ${PID}`, 'adopt 0', `end ${PID}`]);
    calls.close();
    expect(discarded).toEqual([]);
  });

  it('wait for a child whose parent still has to end', async () => {
    const { calls, log, children, clock } = fakeTemplate({ ask: 1, request: PID });
    const forked = calls.fork(OPEN);
    await turns();
    expect(log.at(-1)).toBe(`hear ${PID}`);
    children.add(PID);
    await passed(clock, 5);
    expect(await forked).toEqual({ value: PID });
    expect(log.slice(-2)).toEqual(['adopt 0', `end ${PID}`]);
  });

  it('give up a template that stands still in the middle of a fork', async () => {
    const { calls, log, clock, discarded } = fakeTemplate({ ask: 1 });
    const forked = calls.fork(OPEN);
    await turns();
    await passed(clock, 95);
    expect(log.at(-1)).toBe('hear 0');
    await passed(clock, 5);
    expect(await forked).toEqual({ why: 'it did not answer within 100 ms' });
    expect(log.slice(-3)).toEqual(['adopt 0', 'hear 0', 'end 0']);
    expect(discarded).toEqual([]);
  });

  it('end a child that a template has forked in the moment in which it is given up', async () => {
    const { calls, pending, children, clock, discarded } = fakeTemplate(
      { ask: 1 },
      {
        adopt: (isOn) => {
          if (!isOn) pending[0] = PID;
          return 0;
        },
      },
    );
    children.add(PID);
    const forked = calls.fork(OPEN);
    await turns();
    await passed(clock, 100);
    expect(await forked).toEqual({ why: 'it did not answer within 100 ms' });
    expect(discarded).toEqual([PID]);
  });

  it('end a child that is forked while the template is given up', async () => {
    const { calls, log, pending, children, discarded, clock } = fakeTemplate({ ask: 1 });
    const forked = calls.fork(OPEN);
    await turns();
    children.add(PID);
    pending[0] = PID;
    calls.close();
    expect(log.slice(-3)).toEqual(['adopt 0', `hear ${PID}`, `end ${PID}`]);
    expect(discarded).toEqual([PID]);
    clock.advance(5);
    expect(await forked).toBeUndefined();
  });

  it('leave alone a process that is not our child, and end one whose pid is known', async () => {
    const strange = fakeTemplate({ ask: 1 });
    void strange.calls.fork(OPEN);
    await turns();
    strange.pending[0] = PID;
    strange.calls.close();
    expect(strange.discarded).toEqual([]);

    const known = fakeTemplate({ ask: 1, request: PID });
    const forked = known.calls.fork(OPEN);
    await turns();
    known.children.add(PID);
    known.calls.close();
    expect(known.discarded).toEqual([PID]);
    known.clock.advance(5);
    expect(await forked).toBeUndefined();
    expect(known.log.filter((one) => one.startsWith('adopt'))).toEqual(['adopt 1', 'adopt 0']);
  });

  it.each([
    ['is silent', {}, { why: 'it did not answer within 100 ms' }],
    ['is gone', { ask: -EPIPE }, { why: `it does not answer (errno ${EPIPE})` }],
    ['is gone in the middle', { ask: 1, request: -EPIPE }, { why: `it did not fork (errno ${EPIPE})` }],
    ['lacks processes for now', { ask: 1, request: -EAGAIN }, undefined],
  ])('tell that the template %s', async (_name, answers, result) => {
    const { calls, clock, log } = fakeTemplate(answers);
    const forked = calls.fork(OPEN);
    await turns();
    await passed(clock, 100);
    expect(await forked).toEqual(result);
    const adopting = log.filter((one) => one.startsWith('adopt'));
    expect(adopting).toEqual('request' in answers ? ['adopt 1', 'adopt 0'] : []);
    calls.close();
    expect([await calls.fork(OPEN), await calls.answers()]).toEqual([undefined, undefined]);
  });

  it('come one after the other, and open descriptors only in their turn', async () => {
    const { calls, log, children } = fakeTemplate({ ask: 1, request: PID });
    children.add(PID);
    const open = (): readonly number[] => {
      log.push('open');
      return [3];
    };
    const broken = (): never => {
      throw new Error('EMFILE');
    };
    const results = [calls.fork(open), calls.fork(broken), calls.answers(), calls.fork(open)];
    expect(log).toEqual([]);
    expect(await Promise.all(results)).toEqual([{ value: PID }, undefined, { value: true }, { value: PID }]);
    const one = ['open', 'begin', 'adopt 1', 'request', `hear ${PID}`, 'adopt 0', `end ${PID}`];
    expect(log).toEqual(['hear 1', ...one, 'hear 1', ...one]);
  });

  it('ask a template before a fork, unless it has answered a moment ago', async () => {
    const { calls, log, children, clock } = fakeTemplate({ ask: 1, request: PID });
    children.add(PID);
    const one = ['begin', 'adopt 1', 'request', `hear ${PID}`, 'adopt 0', `end ${PID}`];
    await calls.fork(OPEN);
    clock.advance(99);
    await calls.fork(OPEN);
    clock.advance(99);
    await calls.answers();
    clock.advance(99);
    await calls.fork(OPEN);
    expect(log.splice(0)).toEqual(['hear 1', ...one, ...one, 'hear 1', ...one]);
    clock.advance(100);
    await calls.fork(OPEN);
    expect(log).toEqual(['hear 1', ...one]);
  });
});

const loading = loadNative();
const BUILT = join(__dirname, `../../../native/built/fork-linux-${process.arch}.node`);
const describeNative = existsSync(BUILT) ? describe : describe.skip;

/** A template without the engine: each process that is forked from it ends with status 7. */
function startTemplate(native: NativeForks): { readonly child: ChildProcess; readonly control: number } {
  const pair = native.socketPair(1);
  if (typeof pair === 'number') throw new Error(`errno ${-pair}`);
  const [control, theirs] = pair;
  const code = `const forks = require(${JSON.stringify(BUILT)}); forks.end(forks.serve(3) > 0 ? 7 : 1)`;
  const child = spawn(
    process.execPath,
    ['--single-threaded-gc', '--no-concurrent-recompilation', '--v8-pool-size=1', '-e', code],
    {
      stdio: ['ignore', 'inherit', 'inherit', theirs],
    },
  );
  closeSync(theirs);
  return { child, control };
}

function isStopped(pid: number): boolean {
  return /^State:\tT/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}

describeNative('the calls of a real template', () => {
  const { native } = loading as { readonly native: NativeForks };
  let template: ReturnType<typeof startTemplate>;
  let isToStop = false;
  const discarded: number[] = [];

  /** Between the answer that it is up, and the request: it stands still exactly during the fork. */
  const stopping: NativeForks = {
    ...native,
    request: (control, fds) => {
      if (isToStop) template.child.kill('SIGSTOP');
      while (isToStop && !isStopped(template.child.pid!)) continue;
      return native.request(control, fds);
    },
  };
  const nothing = openSync('/dev/null', 'r+');
  const open = (): readonly number[] => [nothing, nothing, nothing];
  const callsOf = (limitMs: number): ForkCalls =>
    new ForkCalls({
      native: stopping,
      control: template.control,
      clock: systemClock,
      adopted: new AdoptedChildren({ native, clock: systemClock }),
      limitMs,
      discard: (pid) => void discarded.push(pid),
    });

  beforeEach(() => {
    template = startTemplate(native);
    isToStop = false;
  });

  afterEach(async () => {
    const { child } = template;
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });

  afterAll(() => closeSync(nothing));

  async function endOf(pid: number): Promise<number | readonly [number, number]> {
    for (;;) {
      const ended = native.reap(pid);
      if (ended !== 0) return ended;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  it('fork children of this process', async () => {
    const calls = callsOf(10_000);
    const forked = await calls.fork(open);
    expect(forked).toEqual({ value: expect.any(Number) as number });
    expect(await endOf((forked as { readonly value: number }).value)).toEqual([7, 0]);
    calls.close();
  });

  it('do not hold up this process while the template is stopped, and go on when it goes on', async () => {
    const calls = callsOf(60_000);
    expect(await calls.answers()).toEqual({ value: true });
    isToStop = true;
    let isOver = false;
    const forked = calls.fork(open).finally(() => {
      isOver = true;
    });
    // The event loop turns: timers of this process are on time.
    for (let beat = 0; beat < 20; beat += 1) await new Promise((resolve) => setTimeout(resolve, 5));
    expect([isStopped(template.child.pid!), isOver]).toEqual([true, false]);
    template.child.kill('SIGCONT');
    const result = await forked;
    expect(await endOf((result as { readonly value: number }).value)).toEqual([7, 0]);
    calls.close();
  });

  it('leave no child behind when the template is given up during a fork', async () => {
    expect(await callsOf(60_000).answers()).toEqual({ value: true });
    const calls = callsOf(50);
    isToStop = true;
    expect(await calls.fork(open)).toEqual({ why: 'it did not answer within 50 ms' });
    // What it forks now is not a child of this process, although nobody has closed the socket.
    template.child.kill('SIGCONT');
    const pid = native.hear(template.control, 10_000);
    expect(pid).toBeGreaterThan(1);
    expect(native.isChild(pid, 100)).toBe(0);
    calls.close();
    await once(template.child, 'exit');
    expect(discarded).toEqual([]);
  });
});
