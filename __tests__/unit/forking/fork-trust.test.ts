import {
  isAwaited,
  mayFork,
  nextTrust,
  TRUSTED,
  type ForkTrust,
  type TrustEvent,
} from '../../../src/forking/fork-trust';

const died = (signal: NodeJS.Signals | null, ageMs = 10): TrustEvent => ({
  kind: 'died',
  exit: { code: signal === null ? 1 : null, signal },
  ageMs,
});

function after(events: readonly TrustEvent[], trust: ForkTrust = TRUSTED): ForkTrust {
  return events.reduce((before, event) => nextTrust(before, event, 0), trust);
}

describe('the trust in forks', () => {
  it('exists at first', () => {
    expect(mayFork(TRUSTED, 0)).toBe(true);
  });

  it.each<[string, readonly TrustEvent[], ForkTrust['kind']]>([
    ['ends with a program that cannot be forked', [{ kind: 'refused' }], 'refused'],
    ['returns with the next program', [{ kind: 'refused' }, { kind: 'renewed' }], 'trusted'],
    ["survives two crashes, which may be the program's fault", [died('SIGSEGV'), died('SIGILL')], 'trusted'],
    [
      "ends with three crashes, which are the fork's fault",
      [died('SIGSEGV'), died('SIGILL'), died('SIGBUS')],
      'off',
    ],
    ['survives errors of programs', Array.from({ length: 9 }, () => died('SIGABRT')), 'trusted'],
    ['survives an exit status', Array.from({ length: 9 }, () => died(null)), 'trusted'],
    [
      'survives crashes long after the fork',
      Array.from({ length: 9 }, () => died('SIGSEGV', 61_000)),
      'trusted',
    ],
    [
      'stays off once it is off',
      [died('SIGSEGV'), died('SIGSEGV'), died('SIGSEGV'), { kind: 'renewed' }, { kind: 'gone' }],
      'off',
    ],
  ])('%s', (_name, events, kind) => {
    expect(after(events).kind).toBe(kind);
  });

  it('waits longer after each template that ends, and not after a fork', () => {
    const once = nextTrust(TRUSTED, { kind: 'gone' }, 100);
    expect([mayFork(once, 1099), mayFork(once, 1100)]).toEqual([false, true]);
    const twice = nextTrust(once, { kind: 'gone' }, 2000);
    expect([mayFork(twice, 3999), mayFork(twice, 4000)]).toEqual([false, true]);
    const forked = nextTrust(twice, { kind: 'forked' }, 4000);
    expect(nextTrust(forked, { kind: 'gone' }, 5000).notBefore).toBe(6000);
    const often = after(Array.from({ length: 99 }, (): TrustEvent => ({ kind: 'gone' })));
    expect(often.notBefore).toBe(60_000);
  });

  it('lets starts wait for the first template, and not for the next one after a failure', () => {
    const failed = nextTrust(TRUSTED, { kind: 'gone' }, 0);
    expect([TRUSTED, failed].map(isAwaited)).toEqual([true, false]);
    expect(isAwaited(nextTrust(failed, { kind: 'forked' }, 1))).toBe(true);
    expect(isAwaited(nextTrust(failed, { kind: 'renewed' }, 1))).toBe(true);
  });
});
