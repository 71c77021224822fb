import fc from 'fast-check';
import { stepNotify, UNTOLD, type NotifyEvent, type NotifyState } from '../../../src/systemd/notify-step';

const READY: NotifyState = { ...UNTOLD, isReady: true };

const begun = (command: 'reload' | 'restart' | 'stop' | 'dump' | 'upgrade'): NotifyEvent => ({
  kind: 'begun',
  command,
  monotonicUs: 42n,
});
const ended = (command: 'reload' | 'upgrade' | 'dump', failure?: string, pid?: number): NotifyEvent => ({
  kind: 'ended',
  command,
  failure,
  pid,
});
const looked = (text: string, isEnding = false): NotifyEvent => ({ kind: 'looked', text, isEnding });

describe('the messages to systemd', () => {
  it.each<[string, NotifyState, NotifyEvent, readonly string[]]>([
    ['the engine is up', UNTOLD, { kind: 'up', mainPid: undefined }, ['READY=1']],
    ['its predecessor has ended', READY, { kind: 'adopted', mainPid: 7 }, ['MAINPID=$$', 'MAINPID=7']],
    ['a successor is up', UNTOLD, { kind: 'up', mainPid: 7 }, ['READY=1', 'MAINPID=7']],
    ['a reload begins', READY, begun('reload'), ['RELOADING=1', 'MONOTONIC_USEC=42']],
    ['a second reload begins meanwhile', { ...READY, reloads: 1 }, begun('restart'), []],
    ['a reload begins before the engine is up', UNTOLD, begun('reload'), []],
    ['a reload begins during a stop', { ...READY, isStopping: true }, begun('reload'), []],
    ['a dump begins', READY, begun('dump'), []],
    ['a dump ends', READY, ended('dump'), []],
    ['the last reload ends', { ...READY, reloads: 1 }, ended('reload'), ['READY=1']],
    ['one of two reloads ends', { ...READY, reloads: 2 }, ended('reload'), []],
    [
      'a reload fails',
      { ...READY, reloads: 1 },
      ended('reload', 'port must be a number'),
      ['READY=1', 'STATUS=reload failed: port must be a number'],
    ],
    [
      'an upgrade fails',
      { ...READY, reloads: 1 },
      ended('upgrade', 'no'),
      ['READY=1', 'STATUS=upgrade failed: no'],
    ],
    ['an upgrade has held', { ...READY, reloads: 1 }, ended('upgrade', undefined, 9), ['MAINPID=9']],
    ['a stop begins', READY, begun('stop'), ['STOPPING=1']],
    ['a stop begins twice', { ...READY, isStopping: true }, begun('stop'), []],
    ['the end of the engine is noticed', READY, looked('stopping', true), ['STOPPING=1', 'STATUS=stopping']],
    ['the status has changed', READY, looked('a'), ['STATUS=a']],
    ['the status has not changed', { ...READY, text: 'a' }, looked('a'), []],
    ['the engine is healthy', READY, { kind: 'healthy' }, ['WATCHDOG=1']],
    ['the engine is healthy before it is up', UNTOLD, { kind: 'healthy' }, []],
    [
      'the stop continues',
      { ...READY, isStopping: true },
      { kind: 'still_stopping', extendUs: 5 },
      ['EXTEND_TIMEOUT_USEC=5'],
    ],
    ['the stop does not continue', READY, { kind: 'still_stopping', extendUs: 5 }, []],
    ['the engine ends without a stop', READY, { kind: 'over' }, ['STOPPING=1']],
  ])('when %s', (_, state, event, say) => {
    expect(stepNotify(state, event).say).toEqual(say);
  });

  const anyEvent = fc.oneof(
    fc.constantFrom<NotifyEvent>(
      { kind: 'up', mainPid: undefined },
      { kind: 'healthy' },
      { kind: 'over' },
      begun('reload'),
      begun('restart'),
      begun('stop'),
      begun('upgrade'),
      ended('reload'),
      ended('upgrade', 'no'),
      ended('upgrade', undefined, 9),
      looked('a'),
      looked('b', true),
    ),
  );

  it('include STOPPING=1 once, and nothing after the successor has taken over', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 30 }), (events) => {
        let state = UNTOLD;
        const said: string[] = [];
        for (const event of events) {
          const isGone = state.isGivenAway;
          const step = stepNotify(state, event);
          if (isGone) expect(step.say).toEqual([]);
          state = step.state;
          said.push(...step.say);
        }
        expect(said.filter((line) => line === 'STOPPING=1').length).toBeLessThanOrEqual(1);
        const stopAt = said.indexOf('STOPPING=1');
        if (stopAt >= 0) expect(said.slice(stopAt)).not.toContain('RELOADING=1');
      }),
    );
  });
});
