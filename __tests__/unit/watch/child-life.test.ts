import fc from 'fast-check';
import {
  BORN,
  lifeDueAt,
  reasonOf,
  step,
  type ChildEvent,
  type ChildLife,
  type ChildScene,
} from '../../../src/watch/child-life';

const TIMINGS = {
  gracefulIntervalMs: 1_000,
  gracefulIncrementMs: 0,
  gracefulTimeoutMs: 5_000,
  immediateIntervalMs: 1_000,
  immediateIncrementMs: 0,
  immediateTimeoutMs: 5_000,
  heartbeatKillDelayMs: 2_000,
};

function scene(now: number, canExamine = true): ChildScene {
  return { now, kill: TIMINGS, canExamine };
}

const EVENTS = {
  'stop gracefully': { kind: 'stop', graceful: true, reason: 'restart' },
  'stop at once': { kind: 'stop', graceful: false, reason: 'stop' },
  'pipe closed': { kind: 'pipe_closed' },
  tick: { kind: 'tick' },
  silent: { kind: 'tick', overdueMs: 3_000 },
  late: { kind: 'tick', boot: { tookMs: 4_000, silentMs: undefined } },
  'late and silent': { kind: 'tick', boot: { tookMs: 4_000, silentMs: 4_000 } },
  'stop of one that is late': { kind: 'stop', graceful: false, reason: 'ready_timeout' },
  'stop of one that is late and silent': {
    kind: 'stop',
    graceful: false,
    reason: 'ready_timeout',
    silentMs: 3_000,
  },
  examined: { kind: 'examined' },
  exit: { kind: 'exit' },
} as const satisfies Record<string, ChildEvent>;

type EventName = keyof typeof EVENTS;

function after(...names: EventName[]): ChildLife {
  return names.reduce((life, name) => step(life, EVENTS[name], scene(0)).life, BORN);
}

const STATES = {
  running: BORN,
  'running, pipe closed': after('pipe closed'),
  'running, late': after('late'),
  examined: after('silent'),
  'examined, stopping': after('stop gracefully', 'silent'),
  'stopping gracefully': after('stop gracefully'),
  'stopping at once': after('stop at once'),
  hung: after('silent', 'examined'),
  gone: after('exit'),
} as const;

/** `kind reason | actions`. */
function shown(state: keyof typeof STATES, event: EventName, now: number): string {
  const { life, actions } = step(STATES[state], EVENTS[event], scene(now));
  const done = actions.map((action) => {
    switch (action.kind) {
      case 'give_up':
        return `gives up: ${action.reason}`;
      case 'examine':
        return 'examines';
      case 'say_late':
        return `says: late, ${action.tookMs}`;
      case 'send':
        return `sends ${action.step}`;
    }
  });
  return [`${life.kind} ${reasonOf(life) ?? ''}`.trim(), ...done].join(' | ');
}

describe('the life of a child', () => {
  it.each<[keyof typeof STATES, EventName, number, string]>([
    ['running', 'stop gracefully', 0, 'stopping restart | sends graceful'],
    ['running', 'stop at once', 0, 'stopping stop | sends immediate'],
    ['running', 'pipe closed', 0, 'running'],
    ['running', 'tick', 1e9, 'running'],
    ['running', 'silent', 0, 'examined heartbeat_timeout | gives up: heartbeat_timeout | examines'],
    ['running', 'late', 0, 'running | says: late, 4000'],
    ['running, late', 'late', 0, 'running'],
    ['running, late', 'late and silent', 0, 'examined ready_timeout | gives up: ready_timeout | examines'],
    ['running, late', 'silent', 0, 'examined heartbeat_timeout | gives up: heartbeat_timeout | examines'],
    ['running', 'late and silent', 0, 'examined ready_timeout | gives up: ready_timeout | examines'],
    ['running', 'stop of one that is late', 0, 'stopping ready_timeout | sends immediate'],
    [
      'running',
      'stop of one that is late and silent',
      0,
      'examined ready_timeout | gives up: ready_timeout | examines',
    ],
    ['stopping gracefully', 'late and silent', 10, 'stopping restart'],
    ['stopping gracefully', 'stop of one that is late and silent', 10, 'stopping restart | sends immediate'],
    ['examined', 'late and silent', 10, 'examined heartbeat_timeout'],
    // Its stack first: its own clock was slightly behind that of the rollout.
    ['examined', 'stop of one that is late and silent', 10, 'examined heartbeat_timeout'],
    ['gone', 'late and silent', 10, 'gone'],
    ['running', 'examined', 0, 'running'],
    ['running', 'exit', 0, 'gone'],

    ['running, pipe closed', 'stop gracefully', 10, 'stopping restart | sends graceful'],
    ['running, pipe closed', 'stop at once', 10, 'stopping stop | sends immediate'],
    ['running, pipe closed', 'pipe closed', 10, 'running'],
    ['running, pipe closed', 'tick', 999, 'running'],
    [
      'running, pipe closed',
      'tick',
      1_000,
      'stopping heartbeat_closed | gives up: heartbeat_closed | sends immediate',
    ],
    [
      'running, pipe closed',
      'silent',
      999,
      'examined heartbeat_timeout | gives up: heartbeat_timeout | examines',
    ],
    ['running, pipe closed', 'examined', 10, 'running'],
    ['running, pipe closed', 'exit', 10, 'gone'],

    ['examined', 'stop gracefully', 10, 'examined heartbeat_timeout | sends graceful'],
    ['examined', 'stop at once', 10, 'examined heartbeat_timeout | sends immediate'],
    ['examined', 'pipe closed', 10, 'examined heartbeat_timeout'],
    ['examined', 'tick', 10_000, 'examined heartbeat_timeout'],
    ['examined', 'silent', 10_000, 'examined heartbeat_timeout'],
    ['examined', 'examined', 10, 'stopping heartbeat_timeout | sends immediate'],
    ['examined', 'exit', 10, 'gone heartbeat_timeout'],

    ['examined, stopping', 'stop gracefully', 10, 'examined heartbeat_timeout'],
    ['examined, stopping', 'stop at once', 10, 'examined heartbeat_timeout | sends immediate'],
    ['examined, stopping', 'pipe closed', 10, 'examined heartbeat_timeout'],
    ['examined, stopping', 'tick', 1_000, 'examined heartbeat_timeout | sends graceful'],
    ['examined, stopping', 'tick', 5_001, 'examined heartbeat_timeout | sends immediate'],
    ['examined, stopping', 'silent', 10, 'examined heartbeat_timeout'],
    ['examined, stopping', 'examined', 10, 'stopping heartbeat_timeout | sends immediate'],
    ['examined, stopping', 'exit', 10, 'gone heartbeat_timeout'],

    ['stopping gracefully', 'stop gracefully', 10, 'stopping restart'],
    ['stopping gracefully', 'stop at once', 10, 'stopping restart | sends immediate'],
    ['stopping gracefully', 'pipe closed', 10, 'stopping restart'],
    ['stopping gracefully', 'tick', 999, 'stopping restart'],
    ['stopping gracefully', 'tick', 1_000, 'stopping restart | sends graceful'],
    ['stopping gracefully', 'tick', 5_001, 'stopping graceful_timeout | sends immediate'],
    [
      'stopping gracefully',
      'silent',
      10,
      'examined heartbeat_timeout | gives up: heartbeat_timeout | examines',
    ],
    ['stopping gracefully', 'examined', 10, 'stopping restart'],
    ['stopping gracefully', 'exit', 10, 'gone restart'],

    ['stopping at once', 'stop gracefully', 10, 'stopping stop'],
    ['stopping at once', 'stop at once', 10, 'stopping stop'],
    ['stopping at once', 'pipe closed', 10, 'stopping stop'],
    ['stopping at once', 'tick', 1_000, 'stopping stop | sends immediate'],
    ['stopping at once', 'tick', 5_000, 'stopping immediate_timeout | sends kill'],
    ['stopping at once', 'silent', 10, 'stopping stop'],
    ['stopping at once', 'examined', 10, 'stopping stop'],
    ['stopping at once', 'exit', 10, 'gone stop'],

    ['hung', 'stop gracefully', 10, 'stopping heartbeat_timeout'],
    ['hung', 'stop at once', 10, 'stopping heartbeat_timeout'],
    ['hung', 'pipe closed', 10, 'stopping heartbeat_timeout'],
    ['hung', 'tick', 2_000, 'stopping heartbeat_timeout | sends kill'],
    ['hung', 'silent', 10, 'stopping heartbeat_timeout'],
    ['hung', 'examined', 10, 'stopping heartbeat_timeout'],
    ['hung', 'exit', 10, 'gone heartbeat_timeout'],

    ['gone', 'stop gracefully', 10, 'gone'],
    ['gone', 'stop at once', 10, 'gone'],
    ['gone', 'pipe closed', 10, 'gone'],
    ['gone', 'tick', 1e9, 'gone'],
    ['gone', 'silent', 10, 'gone'],
    ['gone', 'examined', 10, 'gone'],
    ['gone', 'exit', 10, 'gone'],
  ])('%s: %s at %d', (state, event, now, expected) => {
    expect(shown(state, event, now)).toBe(expected);
  });

  it('is not examined where nothing can be found out', () => {
    const { life, actions } = step(BORN, EVENTS.silent, scene(0, false));
    expect(life).toMatchObject({ kind: 'stopping', reason: 'heartbeat_timeout' });
    expect(actions.map(({ kind }) => kind)).toEqual(['give_up', 'send']);
  });

  const anyEvent = fc.constantFrom(...(Object.keys(EVENTS) as EventName[]).filter((name) => name !== 'exit'));
  const anyLife = fc.array(fc.tuple(anyEvent, fc.nat(3_000)), { maxLength: 30 });

  it('never goes back, keeps its first reason, and sends nothing to an ended child', () => {
    const rank = { running: 0, examined: 1, stopping: 1, gone: 2 };
    fc.assert(
      fc.property(anyLife, fc.boolean(), (events, canExamine) => {
        let life = BORN;
        let now = 0;
        for (const [name, passedMs] of events) {
          now += passedMs;
          const next = step(life, EVENTS[name], scene(now, canExamine)).life;
          expect(rank[next.kind]).toBeGreaterThanOrEqual(rank[life.kind]);
          if (reasonOf(life) !== undefined) expect(reasonOf(next)).toBeDefined();
          life = next;
        }
        const gone = step(life, EVENTS.exit, scene(now)).life;
        expect(step(gone, EVENTS.tick, scene(now + 1e6)).actions).toEqual([]);
        expect(lifeDueAt(gone, TIMINGS)).toBe(Infinity);
      }),
    );
  });

  it('ends with a kill once any stop was requested', () => {
    fc.assert(
      fc.property(anyLife, (events) => {
        let life = after('stop gracefully');
        let now = 0;
        for (const [name, passedMs] of events) life = step(life, EVENTS[name], scene((now += passedMs))).life;
        // Every diagnosis ends.
        life = step(life, EVENTS.examined, scene(now)).life;
        const sent: string[] = [];
        for (let i = 0; i < 100 && !sent.includes('kill'); i += 1) {
          const dueAt = lifeDueAt(life, TIMINGS);
          expect(dueAt).not.toBe(Infinity);
          now = Math.max(now, dueAt);
          const { life: next, actions } = step(life, EVENTS.tick, scene(now));
          life = next;
          for (const action of actions) if (action.kind === 'send') sent.push(action.step);
        }
        expect(sent).toContain('kill');
      }),
    );
  });
});
