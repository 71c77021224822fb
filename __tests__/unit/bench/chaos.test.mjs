import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ENDS, isGentleAction, makeEpisode } from '../../../bench/chaos/episode.mjs';
import { KINDS } from '../../../bench/chaos/kinds.mjs';
import { judgeNumbers, lastLines, readRecords } from '../../../bench/chaos/log-lines.mjs';
import {
  judgeEnd,
  judgeForks,
  judgeHoldings,
  judgeRequests,
  judgeTree,
} from '../../../bench/chaos/model.mjs';
import { Random } from '../../../bench/chaos/random.mjs';
import { SHAPES } from '../../../bench/chaos/shapes.mjs';
import { growths, toTable } from '../../../bench/soak/verdict.mjs';
import { shrink } from '../../../bench/chaos/shrink.mjs';

const seeds = fc.nat(1e9);

test('equal seeds give equal numbers, different seeds give others', () => {
  const row = (...from) => {
    const random = new Random(...from);
    return Array.from({ length: 5 }, () => random.next());
  };
  assert.deepEqual(row(1, 2), row(1, 2));
  assert.notDeepEqual(row(1, 2), row(2, 1));
  assert.notDeepEqual(row(0), row(0, 0));
  fc.assert(
    fc.property(seeds, fc.nat(50), fc.nat(50), (seed, least, span) => {
      const value = new Random(seed).between(least, least + span);
      assert.ok(value >= least && value <= least + span && Number.isInteger(value));
    }),
  );
});

test('a higher weight makes a value more frequent, and every value occurs', () => {
  const random = new Random(3);
  const counts = { rare: 0, often: 0 };
  for (let time = 0; time < 2000; time += 1) {
    const values = [
      { name: 'rare', weight: 1 },
      { name: 'often', weight: 9 },
    ];
    counts[random.weighted(values).name] += 1;
  }
  assert.ok(counts.rare > 100 && counts.rare < 300, JSON.stringify(counts));
});

test('a seed makes the same episode again, with actions that fit its shape', () => {
  fc.assert(
    fc.property(seeds, fc.nat(1000), fc.boolean(), (seed, index, hasDisk) => {
      const episode = makeEpisode(seed, index, { hasDisk });
      assert.deepEqual(episode, makeEpisode(seed, index, { hasDisk }));
      assert.deepEqual(episode, JSON.parse(JSON.stringify(episode)));
      assert.ok(episode.actions.length > 0);
      assert.equal(episode.isGentle, episode.actions.every(isGentleAction));
      let last = 0;
      for (const { at, kind } of episode.actions) {
        assert.ok(at >= last);
        last = at;
        const { fits } = KINDS.find(({ name }) => name === kind);
        assert.ok(fits?.(episode.shape) ?? true, `${kind} on ${episode.shape.name}`);
      }
      const { fits } = ENDS.find(({ name }) => name === episode.end);
      assert.ok(fits?.(episode.shape) ?? true);
    }),
  );
});

test('every shape and every kind occurs, and no signal ends the main process before its end', () => {
  const episodes = Array.from({ length: 1500 }, (_, index) => makeEpisode(1, index, { hasDisk: true }));
  const shapes = new Set(episodes.map(({ shape }) => shape.name));
  assert.deepEqual([...shapes].sort(), SHAPES.map(({ name }) => name).sort());
  const forked = Array.from({ length: 200 }, (_, index) =>
    makeEpisode(1, index, { hasDisk: true, start: 'fork' }),
  );
  const everyAction = [...episodes, ...forked].flatMap(({ actions }) => actions);
  const kinds = new Set(everyAction.map(({ kind }) => kind));
  for (const { shape, config } of forked) {
    const processes = shape.groups.filter(({ type }) => type === 'process');
    assert.ok(processes.length > 0);
    for (const { name } of processes) assert.equal(config.groups[name].start, 'fork');
  }
  assert.deepEqual([...kinds].sort(), KINDS.map(({ name }) => name).sort());
  for (const { shape, actions } of episodes) {
    for (const { do: what, to, name, names = [] } of actions) {
      const toMain = what === 'storm' ? names : what === 'signal' && to === 'main' ? [name] : [];
      for (const signal of toMain) {
        assert.ok(!['SIGTERM', 'SIGQUIT', 'SIGKILL', 'SIGABRT'].includes(signal));
        assert.ok(signal !== 'SIGINT' || shape.supervisor, 'SIGINT stops an engine without a supervisor');
      }
    }
  }
  assert.ok(episodes.filter(({ isGentle }) => isGentle).length > 500);
});

test('a named shape is played, and an unknown name is an error', () => {
  for (let index = 0; index < 20; index += 1) {
    assert.match(makeEpisode(1, index, { hasDisk: true, only: 'embedded' }).shape.name, /embedded/);
  }
  assert.throws(
    () => makeEpisode(1, 0, { hasDisk: true, only: 'fibre' }),
    /no shape is called fibre: .*thread/,
  );
});

const shape = {
  supervisor: true,
  groups: [
    { name: 'web', type: 'process', workers: 2 },
    { name: 'calc', type: 'thread', workers: 1 },
  ],
};
const good = {
  shape,
  isDaemon: false,
  members: [
    { pid: 1, role: 'main' },
    { pid: 2, role: 'server' },
    { pid: 3, role: 'worker' },
    { pid: 4, role: 'worker' },
  ],
  status: {
    groups: [
      { name: 'web', target: 2 },
      { name: 'calc', target: 1 },
    ],
    workers: [
      { group: 'web', workerId: 0, pid: 3, state: 'running', uptimeMs: 5000 },
      { group: 'web', workerId: 1, pid: 4, state: 'running', uptimeMs: 5000 },
      { group: 'calc', workerId: 0, pid: 2, state: 'running', uptimeMs: 5000 },
    ],
    standby: [],
  },
  target: { web: 2, calc: 1 },
  version: 5,
  facts: new Map([
    ['web-0-3', 5],
    ['web-1-4', 5],
    ['calc-0-2', 5],
    ['web-0-99', 1],
  ]),
};
const worker = (index, change) => ({
  ...good.status,
  workers: good.status.workers.map((one, at) => (at === index ? { ...one, ...change } : one)),
});

const reserve = (state) => ({
  members: [...good.members, { pid: 8, role: 'worker' }],
  status: { ...good.status, standby: [{ group: 'web', pid: 8, state }] },
});

const trees = [
  ['the configured tree', {}, []],
  ['no main process', { members: good.members.slice(1) }, ['0 main processes instead of 1']],
  [
    'a second server',
    { members: [...good.members, { pid: 5, role: 'server' }] },
    ['2 server processes instead of 1'],
  ],
  [
    'a server without a supervisor',
    { shape: { ...shape, supervisor: false } },
    ['1 server processes instead of 0'],
  ],
  [
    'a worker too many',
    { members: [...good.members, { pid: 9, role: 'worker' }] },
    ['a worker 9 that the status does not know'],
  ],
  ['a worker too few', { members: good.members.slice(0, 3) }, ['a worker 4 of the status does not live']],
  ['a stand-in in the foreground', { members: [...good.members, { pid: 9, role: 'stand-in' }] }, []],
  [
    'a stand-in of a daemon',
    { isDaemon: true, members: [...good.members, { pid: 9, role: 'stand-in' }] },
    ['a stand-in 9 is left'],
  ],
  ['no answer', { status: undefined }, ['engine.status() does not answer']],
  ['an error', { status: { reason: 'away' } }, ['engine.status() fails: {"reason":"away"}']],
  ['a draining worker', { status: worker(1, { state: 'draining' }) }, ['web/1 is draining']],
  [
    'a duplicate worker id',
    { status: worker(1, { workerId: 0 }), version: undefined },
    ['web has the workers [0,0] instead of 0 to 1'],
  ],
  [
    'scaled to another number',
    { target: { web: 3, calc: 1 } },
    ['web is to have 2 workers instead of 3', 'web has the workers [0,1] instead of 0 to 2'],
  ],
  [
    'a worker older than the last restart',
    { now: 90_000, restartedAt: 60_000, status: worker(0, { uptimeMs: 31_000 }) },
    ['web/0 is older than the last restart'],
  ],
  ['a full reserve', { ...reserve('standby'), standbyWorkers: 1 }, ['calc has a reserve of 0 instead of 1']],
  [
    'a reserve that is still starting',
    { ...reserve('starting'), standbyWorkers: 1 },
    ['web has a reserve of 0 instead of 1', 'calc has a reserve of 0 instead of 1'],
  ],
  ['an unwanted reserve', reserve('standby'), ['web has a reserve of 1 instead of 0']],
  ['any number without a target', { target: undefined }, []],
  [
    'one program with its child, and one without',
    {
      children: ['web'],
      members: [...good.members, { pid: 90, role: 'child' }],
    },
    ['1 children of programs instead of 2'],
  ],
  [
    'an orphaned child',
    { members: [...good.members, { pid: 90, role: 'child' }] },
    ['1 children of programs instead of 0'],
  ],
  [
    'another number within autoscale bounds',
    { target: { web: 3, calc: 1 }, autoscale: { min: 1, max: 4 } },
    [],
  ],
  [
    'a number outside autoscale bounds',
    { autoscale: { min: 3, max: 4 } },
    [
      'web is to have 2 workers, beyond what autoscale says',
      'calc is to have 1 workers, beyond what autoscale says',
    ],
  ],
  [
    'a supervisor without news of its server, with autoscale',
    {
      autoscale: { min: 1, max: 4 },
      target: { web: 2, calc: 1 },
      status: { ...good.status, groups: [], workers: [] },
      members: good.members.filter(({ role }) => role !== 'worker'),
    },
    ['the status does not know the group web', 'the status does not know the group calc'],
  ],
  [
    'an old configuration',
    { version: 6, facts: new Map([...good.facts, ['web-1-4', 6], ['calc-0-2', 6]]) },
    ['web/0 has version 5 of the configuration instead of 6'],
  ],
];
/** Workers of the group web are forked, and the status says this of their template. */
const forking = (template, pids = [8]) => ({
  shape: { ...good.shape, start: 'fork' },
  members: [...good.members, ...pids.map((pid) => ({ pid, role: 'template' }))],
  status: {
    ...good.status,
    groups: good.status.groups.map((group) => (group.name === 'web' ? { ...group, template } : group)),
  },
});
trees.push(
  ['a template of workers that are forked', forking({ state: 'ready', pid: 8 }), []],
  ['a template that is not there yet', forking({ state: 'lost' }, []), []],
  ['no template in the status', forking(undefined, []), ['the status has 0 templates instead of 1']],
  [
    'a second template',
    forking({ state: 'ready', pid: 8 }, [8, 9]),
    ['a template 9 that the status does not know'],
  ],
  [
    'a template that is gone',
    forking({ state: 'ready', pid: 8 }, []),
    ['a template 8 of the status does not live'],
  ],
  [
    'a template that is refused',
    forking({ state: 'refused', reason: 'threads' }, []),
    ['a template is refused: threads'],
  ],
  [
    'a template of an engine that spawns',
    { members: [...good.members, { pid: 8, role: 'template' }] },
    ['a template 8 that the status does not know'],
  ],
);
for (const [title, change, wrong] of trees) {
  test(`the tree: ${title}`, () => assert.deepEqual(judgeTree({ ...good, ...change }), wrong));
}

const failure = { name: 'web', at: 100, endedAt: 150, why: 'ECONNRESET', isRefused: false };
const refused = { ...failure, isRefused: true };
const requests = [
  ['no failures', {}, 0],
  ['no requests', { asked: 0 }, 1],
  ['lost through gentle actions', { isGentle: true, failures: [failure] }, 1],
  ['lost through rough actions', { failures: [failure] }, 0],
  ['refused', { failures: [refused] }, 1],
  ['refused by an engine that ended', { failures: [refused], hasEnded: true }, 0],
  ['lost at rest', { failures: [{ ...failure, at: 1001 }] }, 1],
  ['lost on a unix socket', { isGentle: true, failures: [{ ...failure, name: 'unix' }] }, 1],
  ['refused by an embedded worker', { failures: [{ ...refused, name: 'own' }], isGentle: true }, 1],
  ['refused by an embedded worker at rest', { failures: [{ ...refused, name: 'own', at: 1001 }] }, 1],
  ['lost by a program of a spawn worker', { failures: [{ ...failure, name: 'ext' }], isGentle: true }, 0],
];
for (const [title, change, count] of requests) {
  test(`requests: ${title}`, () => {
    const groups = [
      ...shape.groups,
      { name: 'own', type: 'embedded', workers: 1 },
      { name: 'ext', type: 'spawn', workers: 1 },
    ];
    const seen = {
      shape: { groups },
      isGentle: false,
      hasEnded: false,
      failures: [],
      asked: 9,
      quietAt: 1000,
    };
    assert.equal(judgeRequests({ ...seen, ...change }).length, count);
  });
}

const ended = {
  end: 'SIGTERM',
  isDaemon: false,
  exit: { code: 0, signal: null },
  members: [],
  leftovers: [],
};
const ends = [
  ['a clean end', {}, []],
  ['another status', { exit: { code: 1, signal: null } }, ['the status is 1 instead of 0']],
  ['a signal', { exit: { code: null, signal: 'SIGABRT' } }, ['the status is SIGABRT instead of 0']],
  ['no exit', { exit: undefined }, ['the status is none: it has not ended instead of 0']],
  ['no visible exit of a daemon', { isDaemon: true, exit: undefined }, []],
  ['a leftover worker', { members: [{ role: 'worker', pid: 4 }] }, ['a worker 4 is left after the end']],
  ['a leftover pid file', { leftovers: ['pid'] }, ['pid is left after the end']],
  ['killed', { end: 'SIGKILL', exit: { code: null, signal: 'SIGKILL' }, leftovers: ['pid'] }, []],
  [
    'killed, with an orphan',
    { end: 'SIGKILL', members: [{ role: 'worker', pid: 4 }] },
    ['a worker 4 is left after the end'],
  ],
];
for (const [title, change, wrong] of ends) {
  test(`the end: ${title}`, () => assert.deepEqual(judgeEnd({ ...ended, ...change }), wrong));
}

test('descriptors may grow by a few, and those of a new role by any number', () => {
  const before = { main: { descriptors: 30 }, server: { descriptors: 40 } };
  assert.deepEqual(judgeHoldings(before, { main: { descriptors: 33 } }, 3), []);
  assert.deepEqual(judgeHoldings({}, { server: { descriptors: 99 } }, 3), []);
  const after = { main: { descriptors: 30 }, server: { descriptors: 44 } };
  assert.deepEqual(judgeHoldings(before, after, 3), ['the server has 44 descriptors instead of 40']);
  assert.deepEqual(judgeHoldings(before, after, 3, 1), []);
  assert.equal(judgeHoldings(before, after, 3, -1).length, 1);
  const withZombies = (...zombies) => judgeHoldings(before, { server: { descriptors: 40, zombies } }, 3);
  assert.deepEqual(withZombies('sleep'), []);
  assert.deepEqual(withZombies('node', 'sleep'), ['the server has zombies: node, sleep']);
});

test('truncated lines are found, also at the end of a file', () => {
  const line = (time, message) => JSON.stringify({ time, level: 'info', role: 'server', pid: 1, message });
  const { records, torn } = readRecords([
    `${line('2', 'b')}\n{"time":"3\n${line('1', 'a')}\n`,
    line('4', 'd').slice(0, 20),
  ]);
  assert.deepEqual(
    records.map(({ message }) => message),
    ['a', 'b'],
  );
  assert.deepEqual(torn, ['{"time":"3', '{"time":"4","level":']);
  assert.deepEqual(lastLines(records, 1), ['2 info server 1: b ']);
});

test('every numbered line must occur once, without a gap, up to where a killed writer came', () => {
  const of = (writer, numbers) =>
    numbers.map((number) => ({ message: `tick writer=${writer} number=${number} end` }));
  assert.deepEqual(judgeNumbers([...of('a', [1, 3, 2]), ...of('b', [1, 2]), { message: 'else' }, {}]), []);
  assert.deepEqual(judgeNumbers(of('a', [1, 2, 2, 3])), ['1 lines of a are there twice']);
  assert.deepEqual(judgeNumbers(of('a', [2, 5])), ['3 of 5 lines of a are missing']);
});

test('each growing resource is named: memory counts from the first sample after restarts, with a spare for the rest', () => {
  const of = (heapMb, pssMb, descriptors, threads) => ({
    roles: { server: { heapMb, pssMb, descriptors, threads } },
  });
  assert.deepEqual(growths([of(5, 20, 30, 11), of(9, 40, 32, 11), of(11, 60, 33, 12)]), []);
  assert.deepEqual(growths([of(5, 20, 30, 11), of(9, 40, 32, 11), of(11.1, 61, 34, 14)]), [
    'server: pssMb from 40 to 61',
    'server: descriptors from 30 to 34',
    'server: threads from 11 to 14',
    'server: heapMb from 9 to 11.1',
  ]);
  assert.deepEqual(growths([of(5, 20, 30, 11)]), ['too few samples to tell']);
});

test('the samples are printed as a table', () => {
  const held = { heapMb: 7.77, rssMb: 90.04, pssMb: 40.26, descriptors: 30, threads: 11 };
  const table = toTable([{ restarts: 8, reloads: 1, roles: { server: held } }]);
  assert.equal(table.split('\n')[2], '| 8 | 1 | 7.8 | 90 | 40.3 | 30 | 11 |');
});

test('the shrinker finds the smallest list that fails', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.nat(40), { maxLength: 12 }),
      fc.infiniteStream(fc.boolean()),
      async (actions, picks) => {
        const needed = actions.filter(() => picks.next().value);
        const fails = async (some) => needed.every((one) => some.includes(one));
        assert.deepEqual(await shrink(actions, fails, () => false), needed);
      },
    ),
  );
});

test('the shrinker stops when its time is over, with the last list that failed', async () => {
  let tries = 0;
  const fails = async (some) => some.includes(7);
  const isOver = () => (tries += 1) > 2;
  const left = await shrink([1, 2, 3, 4, 5, 6, 7, 8], fails, isOver);
  assert.ok(left.includes(7) && left.length < 8 && left.length > 1);
});

test('a forked worker may not crash as programs do not, nor be spawned without a reason', () => {
  const record = (message, fields) => ({ message, ...fields });
  const spawned = record("workers are spawned, not forked as workerStart 'fork' asks", { reason: 'threads' });
  assert.deepEqual(judgeForks([spawned], true), []);
  assert.deepEqual(judgeForks([spawned], false), [`${spawned.message}: threads`]);
  const killed = record('worker 0 finished unexpectedly with signal SIGKILL', { signal: 'SIGKILL' });
  assert.deepEqual(judgeForks([killed], false), []);
  const broken = record('worker 0 finished unexpectedly with signal SIGSEGV', { signal: 'SIGSEGV' });
  assert.equal(judgeForks([broken], true).length, 1);
});
