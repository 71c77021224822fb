// In the loops of the properties expect() would take longer than the step itself.
import { deepEqual, equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import {
  giveUp,
  nextDueAt,
  nextKillStep,
  requestStop,
  type KillSignal,
  type KillState,
  type KillTimings,
} from '../../../src/watch/kill-escalation';

const timings: KillTimings = {
  gracefulIntervalMs: 15_000,
  gracefulIncrementMs: 10_000,
  gracefulTimeoutMs: 600_000,
  immediateIntervalMs: 10_000,
  immediateIncrementMs: 10_000,
  immediateTimeoutMs: 600_000,
  heartbeatKillDelayMs: 10_000,
};

interface Sent {
  readonly at: number;
  readonly send: KillSignal;
}

/** Follows the due times from `now` to `until`, as one timer would. */
function follow(
  start: KillState,
  used: KillTimings,
  now: number,
  until: number,
): { state: KillState; sent: Sent[] } {
  const sent: Sent[] = [];
  let state = start;
  let at = now;
  while (at <= until) {
    const step = nextKillStep(state, used, at);
    state = step.state;
    if (step.send !== undefined) sent.push({ at, send: step.send });
    at = Math.max(at, nextDueAt(state, used));
  }
  return { state, sent };
}

const seconds = (sent: readonly Sent[]): string[] => sent.map(({ at, send }) => `${send}@${at / 1000}`);

describe('KillEscalation', () => {
  it('sends TERM at once, then after interval, interval + increment, interval + 2·increment… (PARITY: Escalation)', () => {
    const { sent } = follow(requestStop(undefined, true, 0), timings, 0, 240_000);
    expect(seconds(sent)).toEqual([
      'graceful@0',
      'graceful@15',
      'graceful@40',
      'graceful@75',
      'graceful@120',
      'graceful@175',
      'graceful@240',
    ]);
  });

  it('switches to QUIT at once when more than the graceful timeout has passed, with a new count (PARITY: Escalation)', () => {
    const used = { ...timings, gracefulTimeoutMs: 50_000 };
    const { sent } = follow(requestStop(undefined, true, 0), used, 0, 120_000);
    expect(seconds(sent)).toEqual([
      'graceful@0',
      'graceful@15',
      'graceful@40',
      'immediate@50.001',
      'immediate@60.001',
      'immediate@80.001',
      'immediate@110.001',
    ]);
  });

  it('is still graceful at exactly the graceful timeout (PARITY: Escalation)', () => {
    // With the default numbers a TERM is due at that very moment.
    const { sent } = follow(requestStop(undefined, true, 0), timings, 0, 601_000);
    expect(seconds(sent).slice(-3)).toEqual(['graceful@495', 'graceful@600', 'immediate@600.001']);
  });

  it('sends KILL instead of QUIT at the immediate timeout, not at the due time after it, and at each later one (PARITY: Escalation)', () => {
    const used = { ...timings, immediateTimeoutMs: 25_000 };
    const { sent } = follow(requestStop(undefined, false, 0), used, 0, 150_000);
    expect(seconds(sent)).toEqual([
      'immediate@0',
      'immediate@10',
      'kill@25',
      'kill@55',
      'kill@95',
      'kill@145',
    ]);
  });

  it('sends KILL when a due time falls exactly on the immediate timeout (PARITY: Escalation)', () => {
    const used = { ...timings, immediateTimeoutMs: 10_000 };
    const { sent } = follow(requestStop(undefined, false, 0), used, 0, 10_000);
    expect(seconds(sent)).toEqual(['immediate@0', 'kill@10']);
  });

  it('sends KILL at once with an immediate timeout of 0', () => {
    const used = { ...timings, immediateTimeoutMs: 0 };
    expect(nextKillStep(requestStop(undefined, false, 7), used, 7).send).toBe('kill');
  });

  it('goes from TERM to QUIT in the next millisecond with a graceful timeout of 0', () => {
    const used = { ...timings, gracefulTimeoutMs: 0 };
    const { sent } = follow(requestStop(undefined, true, 0), used, 0, 10);
    expect(seconds(sent)).toEqual(['graceful@0', 'immediate@0.001']);
  });

  it('does not restart the clock at a second graceful request (PARITY: Escalation)', () => {
    const first = nextKillStep(requestStop(undefined, true, 0), timings, 0).state;
    expect(requestStop(first, true, 9_000)).toBe(first);
  });

  it('switches at once on an immediate request during graceful (PARITY: Escalation)', () => {
    const graceful = nextKillStep(requestStop(undefined, true, 0), timings, 0).state;
    const { sent } = follow(requestStop(graceful, false, 3_000), timings, 3_000, 13_000);
    expect(seconds(sent)).toEqual(['immediate@3', 'immediate@13']);
  });

  it('starts with QUIT without an earlier request (PARITY: Escalation)', () => {
    expect(nextKillStep(requestStop(undefined, false, 5), timings, 5).send).toBe('immediate');
  });

  describe('for a child that is given up because it hangs', () => {
    const asked = (graceful: boolean) => nextKillStep(requestStop(undefined, graceful, 0), timings, 0).state;

    it.each([
      {
        what: 'nothing was requested before',
        before: undefined,
        expected: ['immediate@3', 'kill@13', 'kill@33'],
      },
      {
        what: 'a graceful stop is under way',
        before: asked(true),
        expected: ['immediate@3', 'kill@13', 'kill@33'],
      },
      { what: 'an immediate stop is under way', before: asked(false), expected: ['kill@10', 'kill@30'] },
    ])('sends KILL that long after the first QUIT when $what', ({ before, expected }) => {
      const { sent } = follow(giveUp(before, 3_000), timings, 3_000, 40_000);
      expect(seconds(sent)).toEqual(expected);
    });

    it.each([
      { delay: 500, timeout: 600_000, killAt: 500 },
      { delay: 12_345, timeout: 600_000, killAt: 12_345 },
      { delay: 0, timeout: 600_000, killAt: 0 },
      { delay: 30_000, timeout: 20_000, killAt: 20_000 },
      { delay: 10_000, timeout: -1, killAt: 10_000 },
      { delay: -1, timeout: 20_000, killAt: 20_000 },
      { delay: -1, timeout: -1, killAt: undefined },
    ])(
      'a delay of $delay with an immediate timeout of $timeout gives KILL at $killAt',
      ({ delay, timeout, killAt }) => {
        const used = { ...timings, heartbeatKillDelayMs: delay, immediateTimeoutMs: timeout };
        const { sent } = follow(giveUp(undefined, 0), used, 0, 1_000_000);
        expect(sent.find(({ send }) => send === 'kill')?.at).toBe(killAt);
      },
    );

    it.each([true, false])('ignores later requests (graceful: %p)', (graceful) => {
      const state = nextKillStep(giveUp(undefined, 0), timings, 0).state;
      expect(requestStop(state, graceful, 5_000)).toBe(state);
      expect(giveUp(state, 5_000)).toEqual(state);
    });

    it('applies a delay of a reload at once', () => {
      const { state } = nextKillStep(giveUp(undefined, 0), timings, 0);
      expect(nextDueAt(state, { ...timings, heartbeatKillDelayMs: 700 })).toBe(700);
    });
  });

  it.each([
    { asked: 'graceful', graceful: true },
    { asked: 'immediate', graceful: false },
  ])('ignores a request of $asked during immediate', ({ graceful }) => {
    const immediate = nextKillStep(requestStop(undefined, false, 0), timings, 0).state;
    expect(requestStop(immediate, graceful, 9_000)).toBe(immediate);
  });

  it('sends TERM forever with a graceful timeout of −1', () => {
    const used = { ...timings, gracefulTimeoutMs: -1 };
    const { sent } = follow(requestStop(undefined, true, 0), used, 0, 86_400_000);
    expect(new Set(sent.map(({ send }) => send))).toEqual(new Set(['graceful']));
  });

  it('never sends KILL with an immediate timeout of −1', () => {
    const used = { ...timings, immediateTimeoutMs: -1 };
    const { sent } = follow(requestStop(undefined, false, 0), used, 0, 86_400_000);
    expect(new Set(sent.map(({ send }) => send))).toEqual(new Set(['immediate']));
  });

  it('sends one signal after a long freeze and counts on from there', () => {
    const used = { ...timings, gracefulTimeoutMs: -1 };
    const before = follow(requestStop(undefined, true, 0), used, 0, 15_000).state;
    const late = nextKillStep(before, used, 500_000);
    expect(late.send).toBe('graceful');
    expect(nextKillStep(late.state, used, 500_000).send).toBeUndefined();
    expect(nextDueAt(late.state, used)).toBe(500_000 + 35_000);
  });

  it('sends QUIT, not KILL, after a freeze longer than both timeouts', () => {
    const before = follow(requestStop(undefined, true, 0), timings, 0, 15_000).state;
    const late = nextKillStep(before, timings, 10_000_000);
    expect(late).toMatchObject({ send: 'immediate', state: { phase: 'immediate', startedAt: 10_000_000 } });
    expect(nextDueAt(late.state, timings)).toBe(10_010_000);
  });

  it.each([
    { what: 'a shorter interval', changed: { gracefulIntervalMs: 4_000 }, dueAt: 4_000 },
    { what: 'a longer interval', changed: { gracefulIntervalMs: 20_000 }, dueAt: 20_000 },
    { what: 'a shorter timeout', changed: { gracefulTimeoutMs: 2_000 }, dueAt: 2_001 },
    { what: 'no timeout', changed: { gracefulTimeoutMs: -1 }, dueAt: 15_000 },
  ])('applies $what of a reload at once', ({ changed, dueAt }) => {
    const { state } = nextKillStep(requestStop(undefined, true, 0), timings, 0);
    expect(nextDueAt(state, { ...timings, ...changed })).toBe(dueAt);
  });

  it('does not turn an interval and an increment of 0 into a hot loop', () => {
    const used = { ...timings, gracefulIntervalMs: 0, gracefulIncrementMs: 0 };
    const { sent } = follow(requestStop(undefined, true, 0), used, 0, 1000);
    expect(sent.length).toBeLessThanOrEqual(101);
  });

  describe('for any requests and reads', () => {
    const span = fc.integer({ min: 0, max: 40_000 });
    const timeout = fc.oneof(fc.constant(-1), fc.constant(0), span);
    const anyTimings: fc.Arbitrary<KillTimings> = fc.record({
      gracefulIntervalMs: span,
      gracefulIncrementMs: span,
      gracefulTimeoutMs: timeout,
      immediateIntervalMs: span,
      immediateIncrementMs: span,
      immediateTimeoutMs: timeout,
      heartbeatKillDelayMs: timeout,
    });
    const anyAction = fc.record({
      waitMs: fc.oneof(span, fc.constant(10_000_000)),
      ask: fc.constantFrom('graceful' as const, 'immediate' as const, 'give up' as const, 'nothing' as const),
    });
    const anyRun = fc.record({
      graceful: fc.boolean(),
      startAt: fc.double({ min: 0, max: 1e9, noNaN: true }),
      actions: fc.array(anyAction, { maxLength: 30 }),
    });

    function killAfterMs(used: KillTimings, isHung: boolean): number {
      const limits = isHung && used.heartbeatKillDelayMs >= 0 ? [used.heartbeatKillDelayMs] : [];
      if (used.immediateTimeoutMs >= 0) limits.push(used.immediateTimeoutMs);
      return limits.length === 0 ? -1 : Math.min(...limits);
    }

    /** Every step of a run: the state before, the result, and the time. */
    function play(
      used: KillTimings,
      run: { graceful: boolean; startAt: number; actions: readonly { waitMs: number; ask: string }[] },
    ) {
      let now = run.startAt;
      let state = requestStop(undefined, run.graceful, now);
      const steps: { now: number; before: KillState; after: KillState; send: KillSignal | undefined }[] = [];
      for (const { waitMs, ask } of [{ waitMs: 0, ask: 'nothing' }, ...run.actions]) {
        now += waitMs;
        const before = state;
        if (ask === 'give up') state = giveUp(state, now);
        else if (ask !== 'nothing') state = requestStop(state, ask === 'graceful', now);
        const step = nextKillStep(state, used, now);
        state = step.state;
        steps.push({ now, before, after: state, send: step.send });
      }
      return steps;
    }

    it('phases only move from graceful to immediate', () => {
      fc.assert(
        fc.property(anyTimings, anyRun, (used, run) => {
          for (const { before, after } of play(used, run)) {
            ok(before.phase !== 'immediate' || after.phase !== 'graceful');
          }
        }),
      );
    });

    it('the signal fits the phase, and KILL never comes before the immediate timeout or with −1', () => {
      fc.assert(
        fc.property(anyTimings, anyRun, (used, run) => {
          for (const { now, after, send } of play(used, run)) {
            if (send !== undefined) equal(after.phase, send === 'graceful' ? 'graceful' : 'immediate');
            if (send === 'kill') {
              const limitMs = killAfterMs(used, after.isHung);
              ok(limitMs >= 0);
              ok(now - after.startedAt >= limitMs);
            }
          }
        }),
      );
    });

    it('KILL is due no later than its limit, however long the intervals are', () => {
      fc.assert(
        fc.property(anyTimings, anyRun, (used, run) => {
          for (const { now, after } of play(used, run)) {
            const limitMs = killAfterMs(used, after.isHung);
            if (after.phase === 'graceful' || limitMs < 0 || now - after.startedAt >= limitMs) continue;
            // Rounding may put the limit into the next millisecond.
            ok(nextDueAt(after, used) <= after.startedAt + limitMs + 1);
          }
        }),
      );
    });

    it('QUIT never comes before the graceful timeout without an immediate request, or with −1', () => {
      fc.assert(
        fc.property(anyTimings, anyRun, (used, run) => {
          const actions = run.actions.map(({ waitMs }) => ({ waitMs, ask: 'graceful' }));
          for (const { now, after } of play(used, { ...run, graceful: true, actions })) {
            if (after.phase === 'graceful') continue;
            ok(used.gracefulTimeoutMs >= 0);
            ok(now - run.startAt > used.gracefulTimeoutMs);
          }
        }),
      );
    });

    it('after each read nothing is due until the next due time, and something is due then', () => {
      fc.assert(
        fc.property(anyTimings, anyRun, (used, run) => {
          for (const { now, after } of play(used, run)) {
            const dueAt = nextDueAt(after, used);
            ok(dueAt > now);
            deepEqual(nextKillStep(after, used, now), { state: after });
            // The graceful timeout passes within the millisecond before its due time.
            const before = Math.max(now, dueAt - 1.001);
            deepEqual(nextKillStep(after, used, before), { state: after });
            ok(nextKillStep(after, used, dueAt).send !== undefined);
          }
        }),
      );
    });

    it('due times never go back while the timings stay', () => {
      fc.assert(
        fc.property(anyTimings, anyRun, (used, run) => {
          let last = -Infinity;
          for (const { now, before, after } of play(used, run)) {
            // An immediate request during graceful, or giving up, sets a new, earlier due time on purpose.
            const isSame = before.phase === after.phase && before.isHung === after.isHung;
            last = isSame ? last : now;
            ok(nextDueAt(after, used) >= last);
            last = nextDueAt(after, used);
          }
        }),
      );
    });

    it('a child that never ends gets at most as many signals as there are intervals', () => {
      fc.assert(
        fc.property(anyTimings, (used) => {
          const untilMs = 5_000;
          const { sent } = follow(requestStop(undefined, true, 0), used, 0, untilMs);
          expect(sent.length).toBeLessThanOrEqual(2 + untilMs / 10);
        }),
        { numRuns: 30 },
      );
    });

    it('a child that never ends finally gets KILL with both timeouts set', () => {
      fc.assert(
        fc.property(anyTimings, (used) => {
          const limited = {
            ...used,
            gracefulTimeoutMs: Math.max(0, used.gracefulTimeoutMs),
            immediateTimeoutMs: Math.max(0, used.immediateTimeoutMs),
          };
          const late = limited.gracefulTimeoutMs + 1 + limited.immediateTimeoutMs;
          const { sent } = follow(requestStop(undefined, true, 0), limited, 0, late);
          expect(sent.at(-1)?.send).toBe('kill');
        }),
        { numRuns: 50 },
      );
    });
  });
});
