import fc from 'fast-check';
import {
  embeddedDueAt,
  embeddedReason,
  MADE,
  stepEmbedded,
  type EmbeddedAction,
  type EmbeddedEvent,
  type EmbeddedLife,
} from '../../../src/launch/embedded-life';

const SCENE = { now: 0, gracefulMs: 600, immediateMs: 100 };
const ERROR = new Error('broken');
const LIMIT = { at: 600, limitMs: 600, graceful: true };
const LIVES: Readonly<Record<string, EmbeddedLife>> = {
  made: MADE,
  running: { kind: 'running' },
  stopping: { kind: 'stopping', reason: 'stop', limit: LIMIT },
  finishing: { kind: 'finishing', reason: 'stop', limit: LIMIT },
  over: { kind: 'over', reason: undefined, isLeftBehind: false },
  'left behind': { kind: 'over', reason: 'graceful_timeout', isLeftBehind: true },
};
const EVENTS: Readonly<Record<string, EmbeddedEvent>> = {
  enter: { kind: 'enter' },
  'graceful stop': { kind: 'stop', graceful: true, reason: 'stop' },
  'immediate stop': { kind: 'stop', graceful: false, reason: 'stop' },
  restart: { kind: 'stop', graceful: true, reason: 'restart' },
  returned: { kind: 'returned' },
  failed: { kind: 'failed', error: ERROR },
  finished: { kind: 'finished' },
  'look, too early': { kind: 'look' },
};

/** The actions of an event, and the resulting state. */
function outcome(life: EmbeddedLife, event: EmbeddedEvent, now = 0): string {
  const step = stepEmbedded(life, event, { ...SCENE, now });
  return [step.life.kind, ...step.actions.map(wordOf)].join(' ');
}

function wordOf(action: EmbeddedAction): string {
  return action.kind === 'end' ? `end:${action.exit.embedded?.kind ?? ''}` : action.kind;
}

const TABLE: Readonly<Record<string, readonly string[]>> = {
  made: [
    'running run',
    'over end:returned',
    'over end:returned',
    'over end:returned',
    // Only a worker inside run() can send these.
    'over end:returned',
    'over end:failed',
    'over end:returned',
    'made',
  ],
  running: [
    'running',
    'stopping tell_to_stop',
    'stopping tell_to_stop',
    'stopping tell_to_stop',
    'over end:returned',
    'over end:failed',
    'over end:returned',
    'running',
  ],
  stopping: [
    'stopping',
    'stopping',
    'stopping',
    'stopping',
    'finishing after_drain',
    'over end:failed',
    'over end:returned',
    'stopping',
  ],
  finishing: [
    'finishing',
    'finishing',
    'finishing',
    'finishing',
    'over end:returned',
    'over end:failed',
    'over end:returned',
    'finishing',
  ],
  over: Array<string>(8).fill('over'),
  'left behind': ['over', 'over', 'over', 'over', 'over', 'over say_late_failure', 'over', 'over'],
};

describe('the life of an embedded worker', () => {
  it.each(
    Object.entries(TABLE).flatMap(([life, row]) =>
      Object.keys(EVENTS).map((event, index) => [life, event, row[index] ?? ''] as const),
    ),
  )('%s, then %s: %s', (life, event, expected) => {
    expect(outcome(LIVES[life]!, EVENTS[event]!)).toBe(expected);
  });

  it('is waited for until the limit of its stop, and then left behind', () => {
    const { life } = stepEmbedded({ kind: 'running' }, EVENTS['graceful stop']!, SCENE);
    expect(embeddedDueAt(life)).toBe(600);
    expect(outcome(life, { kind: 'look' }, 599)).toBe('stopping');
    const last = stepEmbedded(life, { kind: 'look' }, { ...SCENE, now: 600 });
    expect(last.life).toEqual({ kind: 'over', reason: 'graceful_timeout', isLeftBehind: true });
    const embedded = { kind: 'left_behind', limitMs: 600, isReplaced: false };
    expect(last.actions).toEqual([{ kind: 'end', exit: { code: null, signal: null, embedded } }]);
  });

  it('is waited for during afterDrain()', () => {
    expect(outcome(LIVES['finishing']!, { kind: 'look' }, 600)).toBe('over end:left_behind');
  });

  it('is waited for without a limit when the limit is negative', () => {
    const { life } = stepEmbedded({ kind: 'running' }, EVENTS['graceful stop']!, {
      ...SCENE,
      gracefulMs: -1,
    });
    expect(embeddedDueAt(life)).toBe(Infinity);
    expect(outcome(life, { kind: 'look' }, 1e9)).toBe('stopping');
  });

  it.each([
    // A second request does not restart the timeout.
    ['graceful stop', 'graceful stop', 600],
    ['graceful stop', 'immediate stop', 150],
    ['immediate stop', 'graceful stop', 100],
    ['restart', 'graceful stop', 600],
  ])('%s, and 50 ms later %s: waits until %d ms', (first, second, at) => {
    const { life } = stepEmbedded({ kind: 'running' }, EVENTS[first]!, SCENE);
    expect(embeddedDueAt(stepEmbedded(life, EVENTS[second]!, { ...SCENE, now: 50 }).life)).toBe(at);
  });

  it('is replaced unless the server ends, which takes precedence', () => {
    const { life } = stepEmbedded({ kind: 'running' }, EVENTS['restart']!, SCENE);
    const late = { ...SCENE, now: 600 };
    const isReplaced = (one: EmbeddedLife): unknown =>
      stepEmbedded(one, { kind: 'look' }, late).actions.map(
        (action) =>
          action.kind === 'end' &&
          action.exit.embedded?.kind === 'left_behind' &&
          action.exit.embedded.isReplaced,
      );
    expect(isReplaced(life)).toEqual([true]);
    const stopped = stepEmbedded(life, EVENTS['graceful stop']!, SCENE).life;
    expect(embeddedReason(stopped)).toBe('stop');
    expect(isReplaced(stopped)).toEqual([false]);
    expect(embeddedReason(stepEmbedded(stopped, EVENTS['restart']!, SCENE).life)).toBe('stop');
  });

  it('gets the graceful time on an immediate restart, because two embedded workers share everything', () => {
    const restart: EmbeddedEvent = { kind: 'stop', graceful: false, reason: 'restart' };
    expect(embeddedDueAt(stepEmbedded({ kind: 'running' }, restart, SCENE).life)).toBe(600);
  });

  it('enters run() at most once, is told once, and ends once', () => {
    const events = fc.array(
      fc.record({ event: fc.constantFrom(...Object.values(EVENTS)), waitMs: fc.nat(400) }),
    );
    fc.assert(
      fc.property(events, (row) => {
        let life = MADE;
        let now = 0;
        const said: string[] = [];
        for (const { event, waitMs } of row) {
          now += waitMs;
          const wasOver = life.kind === 'over';
          const step = stepEmbedded(life, event, { ...SCENE, now });
          life = step.life;
          if (wasOver) expect(step.actions.every(({ kind }) => kind === 'say_late_failure')).toBe(true);
          said.push(...step.actions.map(({ kind }) => kind));
        }
        const times = (kind: string): number => said.filter((one) => one === kind).length;
        for (const kind of ['run', 'tell_to_stop', 'after_drain']) expect(times(kind)).toBeLessThanOrEqual(1);
        expect(times('end')).toBe(life.kind === 'over' ? 1 : 0);
      }),
    );
  });
});
