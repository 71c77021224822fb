import {
  leavesSlot,
  nextPhase,
  replacementOf,
  type PhaseNotice,
  type WorkerPhase,
} from '../../../src/pool/worker-phase';

const starting: WorkerPhase = { kind: 'starting' };
const running: WorkerPhase = { kind: 'running' };
const closing: WorkerPhase = { kind: 'closing', hasListened: true };
const closed: WorkerPhase = { kind: 'closed', hasListened: true, connections: 2 };

const runs: PhaseNotice = { kind: 'running' };
const stops: PhaseNotice = { kind: 'stopping', isListening: true };
const stopsIdle: PhaseNotice = { kind: 'stopping', isListening: false };
const closes: PhaseNotice = { kind: 'closed', connections: 2 };

describe('nextPhase', () => {
  it.each<[WorkerPhase, PhaseNotice, WorkerPhase]>([
    [starting, runs, running],
    [starting, stops, closing],
    [starting, closes, { kind: 'closed', hasListened: false, connections: 2 }],
    [running, runs, running],
    [running, stops, closing],
    [running, stopsIdle, { kind: 'closing', hasListened: false }],
    [running, closes, { kind: 'closed', hasListened: false, connections: 2 }],
    [closing, runs, closing],
    [closing, stopsIdle, closing],
    [closing, closes, closed],
    [closed, runs, closed],
    [closed, stopsIdle, closed],
    [closed, { kind: 'closed', connections: 0 }, closed],
  ])('%j, then %j: %j', (phase, notice, next) => {
    expect(nextPhase(phase, notice)).toEqual(next);
  });
});

describe('leavesSlot', () => {
  const wanted = { isPoolStopping: false, isSurplus: false };

  it.each([
    ['a lingering worker', closed, wanted, true],
    ['a worker without a socket', { ...closed, hasListened: false }, wanted, false],
    ['a worker that may still accept', closing, wanted, false],
    ['a running worker', running, wanted, false],
    ['a starting worker', starting, wanted, false],
    [
      'a worker without a successor, because the pool stops',
      closed,
      { ...wanted, isPoolStopping: true },
      false,
    ],
    ['a worker without a successor, because it is surplus', closed, { ...wanted, isSurplus: true }, false],
  ])('%s', (_what, phase, wish, leaves) => {
    expect(leavesSlot(phase, wish)).toBe(leaves);
  });
});

describe('replacementOf', () => {
  it.each([
    ['auto', running, true, 'rolling'],
    ['auto', running, false, 'all'],
    ['auto', starting, true, 'all'],
    ['auto', closing, true, 'all'],
    ['auto', closed, true, 'all'],
    ['all', running, true, 'all'],
    ['rolling', running, false, 'rolling'],
    ['rolling', starting, false, 'rolling'],
  ] as const)('%s, %j, listening %s: %s', (strategy, phase, isListening, how) => {
    expect(replacementOf(strategy, phase, isListening)).toBe(how);
  });
});
