import * as fc from 'fast-check';
import {
  slotDueAt,
  stepSlot,
  type SlotEvent,
  type SlotStep,
  type ServerSlot,
} from '../../../src/supervisor/server-slot';

type Place = ServerSlot<string>;
type Event = SlotEvent<string>;

const empty: Place = { kind: 'empty' };
const serving: Place = { kind: 'serving', server: 'b' };
const waiting: Place = { kind: 'waiting', until: 5 };
const detaching: Place = { kind: 'detaching', old: 'a', until: 9, leaves: false };
const leaving: Place = { ...detaching, leaves: true };
const over: Place = { kind: 'over', status: 7 };

const started: Event = { kind: 'started', server: 'b' };
const exited: Event = { kind: 'exited', server: 'b' };
const oldExited: Event = { kind: 'exited', server: 'a' };
const nextAt: Event = { kind: 'next_at', until: 5 };
const due: Event = { kind: 'due' };
const restart: Event = { kind: 'restart' };
const detach: Event = { kind: 'detach', until: 9, leaves: false };
const end: Event = { kind: 'end', status: 1 };
const ended: Place = { kind: 'over', status: 1 };

describe('stepSlot', () => {
  it.each<[Place, Event, Place, string]>([
    [empty, started, serving, 'none'],
    [empty, exited, empty, 'none'],
    [empty, nextAt, waiting, 'none'],
    [empty, due, empty, 'none'],
    [empty, restart, empty, 'none'],
    [empty, detach, empty, 'none'],
    [empty, end, ended, 'none'],
    [serving, exited, empty, 'none'],
    // A server that was told to finish earlier.
    [serving, oldExited, serving, 'none'],
    [serving, nextAt, serving, 'none'],
    [serving, due, serving, 'none'],
    [serving, restart, serving, 'none'],
    [serving, detach, { kind: 'detaching', old: 'b', until: 9, leaves: false }, 'none'],
    [serving, end, ended, 'none'],
    [waiting, started, serving, 'none'],
    [waiting, exited, waiting, 'none'],
    [waiting, nextAt, waiting, 'none'],
    [waiting, due, empty, 'start'],
    [waiting, restart, empty, 'start'],
    [waiting, detach, waiting, 'none'],
    [waiting, end, ended, 'none'],
    [detaching, started, serving, 'none'],
    [detaching, oldExited, empty, 'start'],
    [detaching, exited, detaching, 'none'],
    [detaching, nextAt, detaching, 'none'],
    [detaching, due, empty, 'start'],
    [detaching, restart, empty, 'start'],
    [detaching, detach, detaching, 'none'],
    [detaching, end, ended, 'none'],
    [leaving, oldExited, { kind: 'over', status: 0 }, 'leave'],
    [leaving, due, { kind: 'over', status: 0 }, 'leave'],
    [leaving, restart, leaving, 'none'],
    [leaving, end, ended, 'none'],
    [over, started, over, 'none'],
    [over, exited, over, 'none'],
    [over, nextAt, over, 'none'],
    [over, due, over, 'none'],
    [over, restart, over, 'none'],
    [over, detach, over, 'none'],
    [over, end, over, 'none'],
  ])('%j and %j', (slot, event, next, action) => {
    expect(stepSlot(slot, event)).toEqual({ slot: next, action });
  });

  it('never starts a second server beside a serving one, and none after the end', () => {
    const anyEvent = fc.constantFrom<Event['kind'] | 'old_exited'>(
      'exited',
      'old_exited',
      'next_at',
      'due',
      'restart',
      'detach',
      'end',
    );
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 40 }), fc.boolean(), (kinds, leaves) => {
        let starts = 1;
        let slot: ServerSlot<number> = { kind: 'serving', server: starts };
        for (const kind of kinds) {
          const before: ServerSlot<number> = slot;
          const event: SlotEvent<number> =
            kind === 'exited' || kind === 'old_exited'
              ? { kind: 'exited', server: kind === 'exited' ? starts : starts - 1 }
              : kind === 'next_at'
                ? { kind, until: 1 }
                : kind === 'detach'
                  ? { kind, until: 1, leaves }
                  : kind === 'end'
                    ? { kind, status: 1 }
                    : { kind: kind as 'due' | 'restart' };
          const step: SlotStep<number> = stepSlot(slot, event);
          slot = step.slot;
          if (step.action !== 'start') continue;
          expect(before.kind === 'serving' || before.kind === 'over').toBe(false);
          starts += 1;
          slot = stepSlot(slot, { kind: 'started', server: starts }).slot;
          expect(slot).toEqual({ kind: 'serving', server: starts });
        }
      }),
    );
  });
});

describe('slotDueAt', () => {
  it.each([
    [empty, undefined],
    [serving, undefined],
    [waiting, 5],
    [detaching, 9],
    [over, undefined],
  ])('%j: %p', (slot, at) => {
    expect(slotDueAt(slot)).toBe(at);
  });
});
