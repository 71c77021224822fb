import { equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import type { PoolEvent } from '../../../src/pool/pool-events';
import type { PoolSettings, SlotState } from '../../../src/pool/pool-state';
import { PoolWorld } from './pool-world';

/** One worker id in each possible state. `serial` is that of its worker, `next` that of the replacement. */
function inState(kind: SlotState['kind'] | 'booting' | 'replacing_launching'): {
  world: PoolWorld;
  serial: number;
  next: number;
} {
  const world = new PoolWorld();
  world.take({ kind: 'start' });
  const restart: PoolEvent = { kind: 'restart', graceful: true, listening: new Set([1]) };
  switch (kind) {
    case 'launching':
      break;
    case 'booting':
      world.launched(1);
      break;
    case 'serving':
      world.launchAll();
      break;
    case 'replacing_launching':
      world.launchAll();
      world.take(restart);
      break;
    case 'replacing':
      world.launchAll();
      world.take(restart);
      world.launched(2);
      break;
    case 'stopping':
      Object.assign(world, { settings: { ...world.settings, restartStrategy: 'all' } });
      world.launchAll();
      world.take(restart);
      break;
    case 'waiting':
      // The second early death in a row waits.
      world.launchAll();
      world.exited(1, 1);
      world.launchAll();
      world.exited(2, 1);
      break;
    case 'over': {
      world.take({ kind: 'scale', to: 2 });
      world.launchAll();
      world.exited(1, 3);
    }
  }
  return { world, serial: 1, next: 2 };
}

type Row = [
  event: string,
  act: (world: PoolWorld, serial: number, next: number) => void,
  after: string | undefined,
];

const stop: Row = [
  'a stop',
  (world) => world.take({ kind: 'stop', graceful: true, isAwaited: false }),
  'stopping 1',
];
const quit: Row = [
  'an immediate stop',
  (world) => world.take({ kind: 'stop', graceful: false, isAwaited: false }),
  'stopping 1',
];
const restart = (after: string): Row => [
  'a restart',
  (world) => world.take({ kind: 'restart', graceful: true, listening: new Set([1]) }),
  after,
];
const fewer = (after: string | undefined): Row => [
  'a scaling down',
  (world) => world.take({ kind: 'scale', to: 0 }),
  after,
];
const look = (after: string): Row => ['nothing but time', (world) => world.advance(10), after];

/** Every state of a worker id, with the result of each event. Undefined: the id no longer exists. */
const TABLE: readonly [Parameters<typeof inState>[0], readonly Row[]][] = [
  [
    'launching',
    [
      ['its worker', (world, serial) => world.launched(serial), 'serving 1'],
      ['a failure of the start', (world, serial) => world.failed(serial), 'launching'],
      [
        'a second failure',
        (world, serial) => {
          world.failed(serial);
          world.failed(2);
        },
        'waiting',
      ],
      [stop[0], stop[1], undefined],
      [quit[0], quit[1], undefined],
      restart('launching'),
      fewer(undefined),
      look('launching'),
    ],
  ],
  [
    'booting',
    [
      ['run()', (world, serial) => world.take({ kind: 'running', serial }), 'serving 1'],
      ['readiness', (world, serial) => world.ready(serial), 'serving 1'],
      ['its end', (world, serial) => world.exited(serial, 1), 'launching'],
      stop,
      quit,
      restart('replacing 1'),
      fewer('stopping 1'),
      look('serving 1'),
    ],
  ],
  [
    'serving',
    [
      ['readiness again', (world, serial) => world.ready(serial), 'serving 1'],
      [
        'the start of its own stop',
        (world, serial) => world.take({ kind: 'stopping', serial, isListening: true }),
        'serving 1',
      ],
      ['its closing', (world, serial) => world.closed(serial), 'serving 1'],
      [
        'its closing and a moment',
        (world, serial) => {
          world.closed(serial);
          world.advance(200);
        },
        'launching',
      ],
      [
        'its closing without a shared socket, and a moment',
        (world, serial) => {
          world.closed(serial, false);
          world.advance(200);
        },
        'serving 1',
      ],
      ['its end', (world, serial) => world.exited(serial, 0), 'launching'],
      ['a crash', (world, serial) => world.exited(serial, 1), 'launching'],
      // It was the last one that could be started again.
      ['an unrecoverable status', (world, serial) => world.exited(serial, 3), undefined],
      stop,
      quit,
      restart('replacing 1'),
      fewer('stopping 1'),
      look('serving 1'),
    ],
  ],
  [
    'replacing_launching',
    [
      ['the next one', (world, _serial, next) => world.launched(next), 'replacing 1'],
      ['a failure of the start', (world, _serial, next) => world.failed(next), 'serving 1'],
      ['the end of the old one', (world, serial) => world.exited(serial, 1), 'replacing'],
      [
        'the end of both',
        (world, serial, next) => {
          world.exited(serial, 1);
          world.failed(next);
        },
        'launching',
      ],
      stop,
      quit,
      restart('replacing 1'),
      fewer('stopping 1'),
      look('replacing 1'),
    ],
  ],
  [
    'replacing',
    [
      ['readiness of the next one', (world, _serial, next) => world.ready(next), 'serving 2'],
      ['the end of the next one', (world, _serial, next) => world.exited(next, 1), 'serving 1'],
      ['the end of the old one', (world, serial) => world.exited(serial, 1), 'replacing'],
      [
        'the end of the old one, then readiness',
        (world, serial, next) => {
          world.exited(serial, 1);
          world.ready(next);
        },
        'serving 2',
      ],
      [
        'the end of both',
        (world, serial, next) => {
          world.exited(serial, 1);
          world.exited(next, 1);
        },
        'launching',
      ],
      [
        'the old one closing',
        (world, serial) => {
          world.closed(serial);
          world.advance(200);
        },
        'replacing',
      ],
      ['the limit of its stop', (world) => world.advance(30_000), 'serving 1'],
      stop,
      quit,
      restart('replacing 1'),
      fewer('stopping 1'),
      look('replacing 1'),
    ],
  ],
  [
    'stopping',
    [
      ['its end', (world, serial) => world.exited(serial, 0), 'launching'],
      ['a crash', (world, serial) => world.exited(serial, 1), 'launching'],
      ['its closing', (world, serial) => world.closed(serial), 'launching'],
      ['its closing without a shared socket', (world, serial) => world.closed(serial, false), 'stopping 1'],
      stop,
      quit,
      restart('stopping 1'),
      fewer('stopping 1'),
      look('stopping 1'),
    ],
  ],
  [
    'waiting',
    [
      ['its time limit', (world) => world.advance(100), 'launching'],
      [stop[0], stop[1], undefined],
      [quit[0], quit[1], undefined],
      restart('launching'),
      fewer(undefined),
      look('waiting'),
    ],
  ],
  [
    'over',
    [
      [stop[0], stop[1], undefined],
      [quit[0], quit[1], undefined],
      restart('over'),
      fewer(undefined),
      look('over'),
      ['a long time', (world) => world.advance(100_000), 'over'],
    ],
  ],
];

describe.each(TABLE)('a worker id that is %s', (kind, rows) => {
  it.each(rows)('after %s', (_event, act, after) => {
    const { world, serial, next } = inState(kind);
    act(world, serial, next);
    expect(world.place(0)).toBe(after);
  });
});

describe('a pool', () => {
  it('finishes a rollout although a place in it is scaled away', () => {
    const world = new PoolWorld({ workers: 2 });
    world.take({ kind: 'start' });
    world.launchAll();
    world.take({ kind: 'restart', graceful: true, listening: new Set() });
    world.launched(3);
    world.take({ kind: 'scale', to: 0 });
    expect(world.answers).toHaveLength(1);
  });

  it('gives up when workers crash more often than maxRestarts', () => {
    const world = new PoolWorld({ maxRestarts: 1 });
    world.take({ kind: 'start' });
    world.launchAll();
    world.exited(1, 1);
    world.launchAll();
    expect(world.ends).toEqual([]);
    world.exited(2, 1);
    expect(world.ends).toEqual([{ kind: 'end', cause: { kind: 'crash_limit' } }]);
    expect(world.actions.filter(({ kind }) => kind === 'stop_server')).toHaveLength(1);
  });

  it('gives up a start when enough workers have failed twice', () => {
    const world = new PoolWorld({ workers: 2 });
    world.mustComeUp = true;
    world.take({ kind: 'start' });
    for (const serial of [1, 2, 3]) {
      world.launched(serial);
      world.exited(serial, 1);
      expect(world.ends).toEqual([]);
    }
    world.advance(200);
    for (const serial of [...world.launching.keys()]) {
      world.launched(serial);
      world.exited(serial, 1);
    }
    expect(world.ends[0]?.cause).toMatchObject({
      kind: 'never_up',
      failure: { why: 'worker 1 ended with status 1 before it was up' },
    });
  });

  it('is up once a worker has been ready for a moment', () => {
    const world = new PoolWorld();
    world.take({ kind: 'start' });
    world.launchAll();
    world.advance(199);
    expect(world.actions).not.toContainEqual({ kind: 'up' });
    world.advance(1);
    expect(world.actions.filter(({ kind }) => kind === 'up')).toHaveLength(1);
  });

  it('logs once that a start takes long, and no longer makes others wait for it', () => {
    const world = new PoolWorld({ workers: 2, startWorkerConcurrency: 1 });
    world.take({ kind: 'start' });
    expect(world.places()).toEqual(['launching', 'waiting']);
    world.advance(29_999);
    expect(world.places()).toEqual(['launching', 'waiting']);
    world.advance(100_000);
    expect(world.places()).toEqual(['launching', 'launching']);
    expect(
      world.news
        .filter(({ kind }) => kind === 'launch_slow')
        .map((news) => 'workerId' in news && news.workerId),
    ).toEqual([0, 1]);
  });

  it('limits the wait for hanging starts during a stop', () => {
    const world = new PoolWorld();
    world.take({ kind: 'start' });
    world.take({ kind: 'stop', graceful: true, isAwaited: false });
    world.advance(4999);
    expect(world.ends).toEqual([]);
    world.advance(1);
    expect(world.ends).toHaveLength(1);
    // The launch succeeds after all: nobody else would end its worker.
    world.launched(1);
    expect(world.told.get(1)).toMatchObject({ graceful: false, reason: 'stop' });
  });

  it('answers which worker halted a rollout, and why', () => {
    const world = new PoolWorld({ workers: 2 });
    world.take({ kind: 'start' });
    world.launchAll();
    world.take({ kind: 'restart', graceful: true, listening: new Set() });
    world.launched(3);
    world.exited(3, 7);
    expect(world.answers.map(({ result }) => result)).toEqual([
      {
        ok: false,
        outcome: 'halted',
        replaced: 0,
        kept: 2,
        tookMs: 0,
        failed: { group: 'Web', workerId: 0, why: 'its replacement ended with status 7 before it was ready' },
        reason: 'its replacement ended with status 7 before it was ready',
      },
    ]);
    expect(world.places()).toEqual(['serving 1', 'serving 1']);
  });

  it('reports that nobody is left before it reports that a rollout succeeded', () => {
    const world = new PoolWorld({ workers: 2 });
    world.take({ kind: 'start' });
    world.launchAll();
    world.take({ kind: 'restart', graceful: true, listening: new Set() });
    world.launchAll();
    world.exited(1);
    world.advance(1000);
    world.launchAll();
    world.exited(2);
    const rollout = world.news.filter(({ kind }) => kind.startsWith('rollout'));
    expect(rollout).toMatchObject([
      { kind: 'rollout_progress', replaced: 1, left: 1 },
      { kind: 'rollout_progress', replaced: 2, left: 0 },
      { kind: 'rollout_over', result: { outcome: 'held', replaced: 2, kept: 0 } },
    ]);
  });

  it('finishes an all-at-once restart when each next worker is ready', () => {
    const world = new PoolWorld({ workers: 2, restartStrategy: 'all' });
    world.take({ kind: 'start' });
    world.launchAll();
    world.take({ kind: 'restart', graceful: true, listening: new Set() });
    for (const serial of [1, 2]) world.exited(serial, 0);
    expect(world.answers).toEqual([]);
    world.launchAll();
    expect(world.answers.map(({ result }) => result)).toEqual([
      { ok: true, outcome: 'held', replaced: 2, kept: 0, tookMs: 0 },
    ]);
  });
});

/** Possible events of a pool. Numbers choose among what exists. */
const happening = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('launched' as const), which: fc.nat(99) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('failed' as const), which: fc.nat(99) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('ready' as const), which: fc.nat(99) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('closed' as const), which: fc.nat(99), listens: fc.boolean() }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('exited' as const),
      which: fc.nat(99),
      code: fc.constantFrom(0, 1, 3, null),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('time' as const),
      ms: fc.constantFrom(1, 150, 200, 2000, 30_000, 700_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('restart' as const),
      graceful: fc.boolean(),
      listens: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('scale' as const), to: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reloaded' as const), to: fc.nat(4) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('reserve' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('standby_gone' as const), which: fc.nat(99), code: fc.nat(1) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('given_up' as const),
      which: fc.nat(99),
      listens: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('measured' as const),
      which: fc.nat(99),
      listens: fc.boolean(),
    }),
  },
);

const settings = fc.record({
  workers: fc.nat(4),
  startWorkerConcurrency: fc.integer({ min: 1, max: 3 }),
  startWorkerDelayMs: fc.constantFrom(0, 50),
  restartStrategy: fc.constantFrom('auto' as const, 'all' as const, 'rolling' as const),
  restartConcurrency: fc.integer({ min: 1, max: 3 }),
  restartLingerMs: fc.constantFrom(0, 500),
  maxRestarts: fc.constantFrom(0, 3),
  standbyWorkers: fc.nat(2),
  workerMaxMemory: fc.constantFrom(undefined, 100),
  workerMaxAgeMs: fc.constantFrom(undefined, 5000),
});

type Happening = typeof happening extends fc.Arbitrary<infer H> ? H : never;

function choose<T>(from: Iterable<T>, which: number): T | undefined {
  const all = [...from];
  return all[which % all.length];
}

function happen(world: PoolWorld, event: Happening): void {
  switch (event.kind) {
    case 'launched': {
      const serial = choose(world.launching.keys(), event.which);
      if (serial !== undefined) world.launched(serial);
      return;
    }
    case 'failed': {
      const serial = choose(world.launching.keys(), event.which);
      if (serial !== undefined) world.failed(serial);
      return;
    }
    case 'ready': {
      const serial = choose(world.living.keys(), event.which);
      if (serial !== undefined) world.ready(serial);
      return;
    }
    case 'closed': {
      const serial = choose(world.living.keys(), event.which);
      if (serial !== undefined) world.closed(serial, event.listens);
      return;
    }
    case 'exited': {
      const serial = choose(world.living.keys(), event.which);
      if (serial !== undefined) world.exited(serial, event.code);
      return;
    }
    case 'time':
      world.advance(event.ms);
      return;
    case 'restart': {
      const listening = new Set(event.listens ? world.living.keys() : []);
      world.take({ kind: 'restart', graceful: event.graceful, listening });
      return;
    }
    case 'scale':
    case 'reloaded':
      world.take({ kind: event.kind, to: event.to });
      return;
    case 'reserve':
      world.fillReserve();
      return;
    case 'standby_gone': {
      const serial = choose(world.reserve, event.which);
      if (serial !== undefined) world.standbyExited(serial, event.code);
      return;
    }
    case 'given_up': {
      const serial = choose(world.living.keys(), event.which);
      if (serial !== undefined) world.givenUp(serial, event.listens);
      return;
    }
    case 'measured': {
      const serial = choose(world.living.keys(), event.which);
      if (serial !== undefined) world.measured([[serial, { rssBytes: 200, isListening: event.listens }]]);
    }
  }
}

/** After each event. By assert, because expect() takes longer than the step itself. */
function checkInvariants(world: PoolWorld): void {
  const { state, settings: limits } = world;
  for (const { workerId, state: slot } of state.slots.values()) {
    const unasked = [...world.living.values()].filter(
      (one) => one.workerId === workerId && !world.told.has(one.serial),
    );
    // Never two that serve one id, except while one replaces the other.
    ok(unasked.length <= (slot.kind === 'replacing' ? 2 : 1));
  }
  ok(state.turns.size <= limits.restartConcurrency);
  const inReserve = [...state.standbys.values()].filter(({ kind }) => kind !== 'stopping');
  ok(inReserve.length <= limits.standbyWorkers);
  if (state.stop === 'none') {
    for (let id = 0; id < state.target; id += 1) ok(state.slots.has(id));
  }
  // Otherwise the timer would fire repeatedly.
  ok(world.dueAt() > world.now);
  // Each restart is answered once, and one may be pending.
  const isOpen = state.rollout ? 1 : 0;
  equal(world.answers.length, state.rollouts - isOpen);
  for (const [index, { rollout }] of world.answers.entries()) equal(rollout, index + 1);
}

function play(given: Partial<PoolSettings>, events: readonly Happening[]): PoolWorld {
  const world = new PoolWorld(given);
  world.take({ kind: 'start' });
  // Mostly events of serving workers, but also some during the boot of the first ones.
  if (events.length % 4 !== 0) world.launchAll();
  for (const event of events) {
    happen(world, event);
    checkInvariants(world);
  }
  return world;
}

/** Nothing is pending any more, so the state is final. */
function isSettled({ state, living, settings: { standbyWorkers } }: PoolWorld): boolean {
  const { slots, standbys, leaving, withdrawn, rollout, target } = state;
  return (
    rollout === undefined &&
    leaving.size + withdrawn.size === 0 &&
    living.size === target &&
    [...slots.values()].every((slot) => slot.state.kind === 'serving') &&
    standbys.size === (target === 0 ? 0 : standbyWorkers) &&
    [...standbys.values()].every(({ kind }) => kind === 'ready')
  );
}

const BEGINS: readonly string[] = ['launch', 'assign', 'launch_standby'];

describe('a pool under any sequence of events', () => {
  it('restores every worker id below the target', () => {
    fc.assert(
      fc.property(settings, fc.array(happening, { maxLength: 40 }), (given, events) => {
        const world = play({ ...given, maxRestarts: 0, unrecoverableExitCodes: [] }, events);
        // Workers that linger or hang end at last, and started ones become ready.
        for (let round = 0; round < 60 && !isSettled(world); round += 1) {
          world.launchAll();
          for (const [serial] of [...world.living]) if (world.told.has(serial)) world.exited(serial, 0);
          for (const serial of [...world.living.keys()]) world.ready(serial);
          for (const serial of [...world.ended]) world.standbyExited(serial);
          world.fillReserve();
          world.advance(31_000);
        }
        expect(world.places()).toEqual(
          Array.from({ length: world.state.target }, () => expect.stringMatching(/^serving/) as string),
        );
        expect(world.state.rollout).toBeUndefined();
        expect(world.state.leaving.size + world.state.withdrawn.size).toBe(0);
        expect(world.living.size).toBe(world.state.target);
        const wanted = world.state.target === 0 ? 0 : world.settings.standbyWorkers;
        expect([...world.state.standbys.values()].map(({ kind }) => kind)).toEqual(
          Array.from({ length: wanted }, () => 'ready'),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('starts nothing after a stop, has nothing left at the end, and reports the end once', () => {
    fc.assert(
      fc.property(
        settings,
        fc.array(happening, { maxLength: 40 }),
        fc.array(happening, { maxLength: 10 }),
        fc.boolean(),
        (given, events, after, graceful) => {
          const world = play(given, events);
          world.take({ kind: 'stop', graceful, isAwaited: false });
          const begun = world.actions.filter(({ kind }) => BEGINS.includes(kind)).length;
          for (const event of after) happen(world, event);
          for (const serial of [...world.launching.keys()]) world.launched(serial);
          for (const serial of [...world.living.keys()]) {
            expect(world.told.has(serial)).toBe(true);
            world.exited(serial, 0);
          }
          world.fillReserve();
          for (const serial of [...world.reserve]) world.standbyExited(serial);
          world.advance(5000);
          expect(world.actions.filter(({ kind }) => BEGINS.includes(kind))).toHaveLength(begun);
          expect(world.ends).toHaveLength(1);
          expect(world.dueAt()).toBe(Infinity);
          expect(world.state.slots.size + world.state.leaving.size + world.state.withdrawn.size).toBe(0);
          expect(world.answers).toHaveLength(world.state.rollouts);
        },
      ),
      { numRuns: 60 },
    );
  });
});
