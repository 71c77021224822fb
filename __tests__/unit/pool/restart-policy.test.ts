import fc from 'fast-check';
import {
  decideRestart,
  NO_HISTORY,
  recordCrash,
  type RestartHistory,
  type RestartSettings,
  type WorkerExit,
} from '../../../src/pool/restart-policy';

const settings: RestartSettings = {
  backoffMinMs: 100,
  backoffMaxMs: 30_000,
  backoffResetMs: 10_000,
  restartWorkerIntervalMs: 0,
  unrecoverableExitCodes: [],
};

// The middle of the jitter gives the delay without it.
const middle = (): number => 0.5;

function exit(livedMs: number, change: Partial<WorkerExit> = {}): WorkerExit {
  return { code: 1, signal: null, startedAt: 0, endedAt: livedMs, expected: false, ...change };
}

/** The delays after a series of exits, each counted from its death. */
function delays(exits: readonly WorkerExit[], used = settings, random = middle): number[] {
  let history = NO_HISTORY;
  return exits.map((one) => {
    const decision = decideRestart(history, one, used, random);
    if (decision.kind !== 'restart') throw new Error(`not restarted: ${decision.status}`);
    history = decision.history;
    return decision.at - one.endedAt;
  });
}

describe('decideRestart', () => {
  it('restarts at once after a first early death', () => {
    expect(delays([exit(10)])).toEqual([0]);
  });

  it('delays from the second early death in a row on, and doubles up to the maximum', () => {
    const rounded = delays(Array.from({ length: 12 }, () => exit(10))).map((delay) => Math.round(delay));
    // The last ones lie in the middle between 80 % of their base and the maximum.
    expect(rounded).toEqual([0, 100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_240, 27_000, 27_000]);
  });

  it.each([
    { u: 0, second: 80, last: 24_000 },
    { u: 1, second: 120, last: 30_000 },
  ])('spreads the delay with jitter, never above the maximum (u = $u)', ({ u, second, last }) => {
    const all = delays(
      Array.from({ length: 20 }, () => exit(10)),
      settings,
      () => u,
    );
    expect(all[1]).toBeCloseTo(second);
    expect(all.at(-1)).toBeCloseTo(last);
  });

  it('forgets early deaths once a worker has lived for the reset time', () => {
    expect(delays([exit(10), exit(10), exit(10_000), exit(10), exit(10)])).toEqual([0, 100, 0, 0, 100]);
  });

  it('still counts a worker that died just before the reset time', () => {
    expect(delays([exit(10), exit(9_999)])).toEqual([0, 100]);
  });

  it('counts a clean exit like any other, because a run() that returns at once must not be a hot loop', () => {
    expect(delays([exit(10, { code: 0 }), exit(10, { code: 0 })])).toEqual([0, 100]);
  });

  it('counts a death by signal', () => {
    const killed = exit(10, { code: null, signal: 'SIGKILL' });
    expect(delays([killed, killed])).toEqual([0, 100]);
  });

  it('restarts at once after an end that the engine requested, and does not count it', () => {
    const asked = exit(10, { code: 0, expected: true });
    expect(delays([exit(10), asked, asked, exit(10)])).toEqual([0, 0, 0, 100]);
  });

  it('waits at least restartWorkerInterval after the death (PARITY: Keeping workers alive)', () => {
    const used = { ...settings, restartWorkerIntervalMs: 150 };
    const asked = exit(10, { expected: true });
    expect(delays([exit(10), exit(10), exit(10), asked, exit(60_000)], used)).toEqual([
      150, 150, 200, 150, 150,
    ]);
  });

  it('does not restart a worker with an unrecoverable code, and returns its status (PARITY: Keeping workers alive)', () => {
    const used = { ...settings, unrecoverableExitCodes: [3, 5] };
    expect(decideRestart(NO_HISTORY, exit(10, { code: 5 }), used, middle)).toEqual({
      kind: 'unrecoverable',
      status: 5,
    });
    expect(decideRestart(NO_HISTORY, exit(10, { code: 5, expected: true }), used, middle)).toMatchObject({
      status: 5,
    });
    expect(decideRestart(NO_HISTORY, exit(10, { code: 4 }), used, middle).kind).toBe('restart');
  });

  it('treats a signal as recoverable even when 0 is an unrecoverable code', () => {
    const used = { ...settings, unrecoverableExitCodes: [0] };
    expect(decideRestart(NO_HISTORY, exit(10, { code: null, signal: 'SIGSEGV' }), used, middle).kind).toBe(
      'restart',
    );
  });

  it('delays are between 0 and the larger of maximum and interval, for any numbers and history', () => {
    const anySettings = fc.record({
      backoffMinMs: fc.nat(100_000),
      backoffMaxMs: fc.nat(100_000),
      backoffResetMs: fc.nat(100_000),
      restartWorkerIntervalMs: fc.nat(100_000),
      unrecoverableExitCodes: fc.constant([]),
    });
    const anyExit = fc.record({ livedMs: fc.nat(200_000), expected: fc.boolean() });
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(anySettings, fc.array(anyExit, { maxLength: 80 }), unit, (used, exits, u) => {
        const row = exits.map(({ livedMs, expected }) => exit(livedMs, { expected }));
        const limit = Math.max(used.backoffMaxMs, used.restartWorkerIntervalMs);
        for (const delay of delays(row, used, () => u)) {
          expect(delay).toBeGreaterThanOrEqual(used.restartWorkerIntervalMs);
          // endedAt + delay − endedAt is inexact in the last bits.
          expect(delay).toBeLessThanOrEqual(limit + 1e-6);
        }
      }),
    );
  });

  it('the delay never overflows, for any number of deaths', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(1000), (earlyDeaths, backoffMinMs) => {
        const history: RestartHistory = { earlyDeaths };
        const decision = decideRestart(history, exit(0), { ...settings, backoffMinMs }, middle);
        expect(decision.kind === 'restart' && decision.at).toBeLessThanOrEqual(settings.backoffMaxMs);
      }),
    );
  });
});

describe('recordCrash', () => {
  const limit = { maxRestarts: 3, periodMs: 60_000 };

  function crashes(times: readonly number[], used = limit): boolean[] {
    let seen: readonly number[] = [];
    return times.map((now) => {
      const record = recordCrash(seen, now, used);
      seen = record.times;
      return record.exceeded;
    });
  }

  it.each([
    { what: 'as many as allowed', times: [0, 1, 2], exceeded: false },
    { what: 'one more within the period', times: [0, 1, 2, 60_000], exceeded: true },
    { what: 'one more after the first has aged', times: [0, 1, 2, 60_001], exceeded: false },
    { what: 'one an hour', times: [0, 3_600_000, 7_200_000, 10_800_000, 14_400_000], exceeded: false },
  ])('$what: exceeded is $exceeded', ({ times, exceeded }) => {
    expect(crashes(times).at(-1)).toBe(exceeded);
  });

  it('has no limit with maxRestarts 0', () => {
    expect(recordCrash([1, 2, 3], 4, { maxRestarts: 0, periodMs: 60_000 })).toEqual({
      times: [],
      exceeded: false,
    });
  });

  it('applies a lower limit of a reload at once', () => {
    expect(recordCrash([0, 1], 2, { maxRestarts: 1, periodMs: 60_000 }).exceeded).toBe(true);
  });

  it('agrees with a plain count and keeps no more than maxRestarts + 1 times', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(1000), { maxLength: 60 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 3000 }),
        (gaps, maxRestarts, periodMs) => {
          const all: number[] = [];
          let seen: readonly number[] = [];
          for (const gap of gaps) {
            const now = (all.at(-1) ?? 0) + gap;
            all.push(now);
            const record = recordCrash(seen, now, { maxRestarts, periodMs });
            seen = record.times;
            expect(record.exceeded).toBe(all.filter((time) => now - time <= periodMs).length > maxRestarts);
            expect(seen.length).toBeLessThanOrEqual(maxRestarts + 1);
          }
        },
      ),
    );
  });
});
