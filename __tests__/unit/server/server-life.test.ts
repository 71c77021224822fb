import * as fc from 'fast-check';
import { NEW_SERVER, stepServer, type ServerEvent, type ServerLife } from '../../../src/server/server-life';

const preparing = NEW_SERVER;
const running: ServerLife = { ...NEW_SERVER, state: 'running', hasWorkers: true };
const draining: ServerLife = { ...running, state: 'draining' };
const stopping: ServerLife = { ...running, state: 'stopping' };
const stoppedEarly: ServerLife = { ...NEW_SERVER, state: 'stopping' };
const finished: ServerLife = { ...NEW_SERVER, state: 'finished' };

const prepared: ServerEvent = { kind: 'prepared' };
const stop: ServerEvent = { kind: 'stop', graceful: true, delayMs: 0 };
const slowStop: ServerEvent = { kind: 'stop', graceful: true, delayMs: 500 };
const stopNow: ServerEvent = { kind: 'stop', graceful: false, delayMs: 500 };
const passed: ServerEvent = { kind: 'delay_passed' };
const detach: ServerEvent = { kind: 'detach' };
const commanded: ServerEvent = { kind: 'stop_commanded' };
const orphaned: ServerEvent = { kind: 'orphaned' };
const broken: ServerEvent = { kind: 'broken', failure: { status: 1, why: 'broken' } };
const ended: ServerEvent = { kind: 'workers_ended' };
const over: ServerEvent = { kind: 'over' };

const EVERY_EVENT = [
  prepared,
  stop,
  slowStop,
  stopNow,
  passed,
  detach,
  commanded,
  orphaned,
  broken,
  ended,
  over,
];

const awaited = { isAwaited: true, skipsDelay: true };
const noDelay = { skipsDelay: true };
const failure = { skipsDelay: true, failure: { status: 1, why: 'broken' } };
const now = { state: 'stopping', isImmediate: true } as const;

/** The changes of an event, and its actions. */
type Row = readonly [ServerLife, ServerEvent, Partial<ServerLife>, readonly string[]];

const ROWS: readonly Row[] = [
  [preparing, prepared, { state: 'running', hasWorkers: true }, ['start_workers']],
  [preparing, stop, { state: 'stopping' }, ['bound_preparation']],
  // Before there are workers, no command was passed on.
  [preparing, slowStop, { state: 'stopping' }, ['bound_preparation']],
  [preparing, stopNow, now, ['hurry']],
  [preparing, passed, {}, []],
  [preparing, detach, awaited, []],
  [preparing, commanded, {}, []],
  [preparing, orphaned, noDelay, []],
  [preparing, broken, failure, []],
  [preparing, ended, { state: 'stopping' }, []],
  [preparing, over, { state: 'finished' }, []],

  [running, prepared, {}, []],
  [running, stop, { state: 'stopping' }, ['stop_workers']],
  [running, slowStop, { state: 'draining' }, ['begin_delay']],
  [running, stopNow, now, ['close_sockets', 'stop_workers_now', 'hurry']],
  [running, passed, {}, []],
  [running, detach, awaited, []],
  [running, commanded, {}, []],
  [running, orphaned, noDelay, ['close_sockets']],
  [running, broken, failure, []],
  [running, ended, { state: 'stopping', hasWorkers: false }, []],
  [running, over, { state: 'finished' }, []],
  [{ ...running, ...noDelay }, slowStop, { state: 'stopping' }, ['stop_workers']],

  [draining, prepared, {}, []],
  [draining, stop, {}, []],
  [draining, slowStop, {}, []],
  [draining, stopNow, now, ['close_sockets', 'stop_workers_now', 'hurry']],
  [draining, passed, { state: 'stopping' }, ['stop_workers']],
  [draining, detach, { ...awaited, state: 'stopping' }, ['stop_workers']],
  [draining, commanded, {}, []],
  [draining, orphaned, { ...noDelay, state: 'stopping' }, ['close_sockets', 'stop_workers']],
  [draining, broken, failure, []],
  [draining, ended, { state: 'stopping', hasWorkers: false }, []],
  [draining, over, { state: 'finished' }, []],

  [stopping, prepared, {}, []],
  [stopping, stop, {}, []],
  [stopping, slowStop, {}, []],
  [stopping, stopNow, now, ['close_sockets', 'stop_workers_now', 'hurry']],
  [stopping, passed, {}, []],
  [stopping, detach, awaited, []],
  [stopping, commanded, {}, []],
  [stopping, orphaned, noDelay, ['close_sockets']],
  [stopping, broken, failure, []],
  [stopping, ended, { hasWorkers: false }, []],
  [stopping, over, { state: 'finished' }, []],
  [stoppedEarly, prepared, {}, []],
  [stoppedEarly, stopNow, now, ['hurry']],
  [{ ...stopping, ...awaited }, commanded, { isAwaited: false }, ['let_sockets_go']],
  [{ ...stopping, isImmediate: true }, stopNow, {}, []],
  // The first failure counts.
  [{ ...stopping, failure: { status: 9, why: 'first' } }, broken, noDelay, []],

  ...EVERY_EVENT.map((event): Row => [finished, event, {}, []]),
];

describe('stepServer', () => {
  it.each(ROWS)('%j: %j', (life, event, change, actions) => {
    const step = stepServer(life, event);
    expect(step.life).toEqual({ ...life, ...change });
    expect(step.actions.map(({ kind }) => kind)).toEqual(actions);
  });

  it.each([preparing, running, draining, stopping, finished])('has a row for every event in %j', (life) => {
    const events = ROWS.filter(([given]) => given === life).map(([, event]) => event);
    expect(new Set(events)).toEqual(new Set(EVERY_EVENT));
  });

  it('starts workers once and never after a stop, and stops all of them', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...EVERY_EVENT), { maxLength: 40 }), (events) => {
        let life: ServerLife = NEW_SERVER;
        let starts = 0;
        let isToldToStop = false;
        let isToldNow = 0;
        for (const event of events) {
          const before = life;
          const step = stepServer(life, event);
          life = step.life;
          for (const { kind } of step.actions) {
            expect(before.state).not.toBe('finished');
            if (kind === 'start_workers') {
              starts += 1;
              expect(before.state).toBe('preparing');
            }
            if (kind === 'stop_workers' || kind === 'stop_workers_now') isToldToStop = true;
            if (kind === 'stop_workers_now') isToldNow += 1;
            if (kind === 'begin_delay') expect(before.skipsDelay).toBe(false);
          }
          if (life.state === 'stopping' && life.hasWorkers) expect(isToldToStop).toBe(true);
          if (before.failure) expect(life.failure).toBe(before.failure);
          const order = ['preparing', 'running', 'draining', 'stopping', 'finished'];
          expect(order.indexOf(life.state)).toBeGreaterThanOrEqual(order.indexOf(before.state));
        }
        expect(starts).toBeLessThanOrEqual(1);
        expect(isToldNow).toBeLessThanOrEqual(1);
      }),
    );
  });
});
