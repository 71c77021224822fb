import {
  isAwaited,
  mayStart,
  nextForkState,
  NOT_FORKED_YET,
  startInUse,
  templateStatus,
  type ForkEvent,
  type ForkState,
} from '../../../src/forking/fork-state';

const STARTED: ForkEvent = { kind: 'started', pid: 7 };
const READY: ForkEvent = { kind: 'ready' };
const LOST: ForkEvent = { kind: 'lost', how: 'signal SIGKILL' };
const REFUSED: ForkEvent = { kind: 'refused', why: 'it has a thread' };
const RENEWED: ForkEvent = { kind: 'renewed' };

const died = (signal: NodeJS.Signals | null, ageMs = 10): ForkEvent => ({
  kind: 'died',
  exit: { code: signal === null ? 1 : null, signal },
  ageMs,
});
const many = (event: ForkEvent): readonly ForkEvent[] => Array.from({ length: 9 }, () => event);

function after(events: readonly ForkEvent[], state = NOT_FORKED_YET, now = 0): ForkState {
  return events.reduce((before, event) => nextForkState(before, event, now), state);
}

const UP = [STARTED, READY];

describe('the template of a group', () => {
  it.each<[string, readonly ForkEvent[], ForkState['phase']['kind'], 'fork' | 'spawn']>([
    ['is not there at first', [], 'waiting', 'fork'],
    ['loads the program', [STARTED], 'loading', 'fork'],
    ['is ready', UP, 'ready', 'fork'],
    ['is lost', [...UP, LOST], 'lost', 'spawn'],
    ['is lost while it loads the program', [STARTED, LOST], 'lost', 'spawn'],
    ['loads the program again, and workers do not wait', [...UP, LOST, STARTED], 'loading', 'spawn'],
    ['is ready again', [...UP, LOST, ...UP], 'ready', 'fork'],
    ['is refused', [STARTED, REFUSED], 'refused', 'spawn'],
    ['is tried again after a restart', [STARTED, REFUSED, RENEWED], 'waiting', 'fork'],
    ['is tried again at once after a restart', [...UP, LOST, RENEWED], 'waiting', 'fork'],
    ['is not ready once it is over', [...UP, LOST, READY], 'lost', 'spawn'],
    ['is impossible', [{ kind: 'impossible', why: 'no file' }, RENEWED], 'off', 'spawn'],
    [
      "stays after two crashes, which may be the program's fault",
      [...UP, died('SIGSEGV'), died('SIGILL')],
      'ready',
      'fork',
    ],
    [
      "ends with three crashes, which are the fork's fault, and never comes back",
      [...UP, died('SIGTRAP'), died('SIGILL'), died('SIGBUS'), RENEWED, LOST, STARTED],
      'off',
      'spawn',
    ],
    ['stays after errors of programs', [...UP, ...many(died('SIGABRT'))], 'ready', 'fork'],
    ['stays after an exit status', [...UP, ...many(died(null))], 'ready', 'fork'],
    ['stays after crashes long after the fork', [...UP, ...many(died('SIGSEGV', 61_000))], 'ready', 'fork'],
  ])('%s', (_name, events, kind, start) => {
    const state = after(events);
    expect([state.phase.kind, startInUse(state)]).toEqual([kind, start]);
  });

  it('begins later after each one that is lost, and not after a fork', () => {
    const once = after([...UP, LOST], NOT_FORKED_YET, 100);
    expect([mayStart(once, 1099), mayStart(once, 1100)]).toEqual([false, true]);
    const twice = after([STARTED, LOST], once, 2000);
    expect([mayStart(twice, 3999), mayStart(twice, 4000)]).toEqual([false, true]);
    const forked = after([...UP, { kind: 'forked' }, LOST], twice, 5000);
    expect(forked.phase).toMatchObject({ retryAt: 6000 });
    const often = after(Array.from({ length: 99 }, () => [STARTED, LOST]).flat());
    expect(often.phase).toMatchObject({ retryAt: 60_000 });
  });

  it('is awaited by starts, but not after one that was lost', () => {
    expect(isAwaited(after([STARTED]))).toBe(true);
    expect(isAwaited(after([STARTED, LOST, STARTED]))).toBe(false);
    expect(isAwaited(after([STARTED, LOST, RENEWED, STARTED]))).toBe(true);
    expect([after([]), after(UP), after([STARTED, REFUSED])].map(isAwaited)).toEqual([false, false, false]);
  });

  it('says what it is, and why workers are spawned', () => {
    const lost = after([...UP, LOST], NOT_FORKED_YET, 1000);
    const status = (state: ForkState): unknown => templateStatus(state, 1300);
    expect(status(after(UP, NOT_FORKED_YET, 1000))).toEqual({ state: 'ready', pid: 7, uptimeMs: 300 });
    expect(status(lost)).toEqual({
      state: 'lost',
      pid: undefined,
      uptimeMs: 0,
      reason: 'signal SIGKILL',
      retryMs: 700,
    });
    expect(templateStatus(lost, 9000).retryMs).toBe(0);
    expect(status(after([STARTED], lost, 1100))).toEqual({
      state: 'loading',
      pid: 7,
      uptimeMs: 200,
      reason: 'signal SIGKILL',
    });
    expect(status(after([STARTED, REFUSED]))).toMatchObject({ state: 'refused', reason: 'it has a thread' });
    expect(status(after([...UP, ...many(died('SIGSEGV'))]))).toMatchObject({
      state: 'off',
      reason: '3 forked workers crashed soon after their start, in a way that programs do not',
    });
  });

  it('is the same value when nothing has changed', () => {
    const { phase } = NOT_FORKED_YET;
    expect(after([RENEWED]).phase).toBe(phase);
    const ready = after(UP);
    expect(after([{ kind: 'forked' }, died('SIGSEGV')], ready).phase).toBe(ready.phase);
  });
});
