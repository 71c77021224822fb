import { z } from 'zod';
import { loadConfig, ofGroup, type LoadInput } from '../../../src/config/load';
import { planReload } from '../../../src/config/reload';

const GROUPS = [
  { name: 'web', decorator: { className: 'Web', options: { type: 'process', workers: 2, name: 'web' } } },
  { name: 'Queue', decorator: { className: 'Queue', options: { type: 'thread', heartbeatTimeout: 60 } } },
];

const load = (raw: unknown, more: Partial<LoadInput> = {}) =>
  loadConfig({ raw, env: {}, groups: GROUPS, ...more });

const keysOf = (loaded: ReturnType<typeof load>) =>
  loaded.groups.map(({ name, engine }) => [
    name,
    engine.workerType,
    engine.workers,
    engine.workerHeartbeatTimeoutMs,
  ]);

describe('groups of workers in the configuration', () => {
  it('take keys from their decorator, the config, their own section, and the environment, in this order', () => {
    expect(keysOf(load({}))).toEqual([
      ['web', 'process', 2, 180_000],
      ['Queue', 'thread', 1, 60_000],
    ]);
    const config = { workers: 3, groups: { web: { heartbeatTimeout: '5s' }, Queue: { workers: 7 } } };
    expect(keysOf(load(config))).toEqual([
      ['web', 'process', 3, 5000],
      ['Queue', 'thread', 7, 60_000],
    ]);
    expect(
      keysOf(load(config, { env: { SERVERENGINE_WORKERS: '1' } })).map(([, , workers]) => workers),
    ).toEqual([1, 1]);
  });

  it("accept the original's spelling, as in a file", () => {
    expect(keysOf(load({ groups: { web: { heartbeat_timeout: 9 } } }))[0]).toEqual([
      'web',
      'process',
      2,
      9000,
    ]);
  });

  it('give each group its own view of the configuration', () => {
    const loaded = load({ port: 80 });
    expect(ofGroup(loaded, 'web')).toBe(loaded);
    expect(ofGroup(loaded, 'Queue')).toMatchObject({ user: { port: 80 }, engine: { workerType: 'thread' } });
  });

  it('do not appear among the keys of the program', () => {
    expect(load({ groups: { web: {} }, port: 80 }).user).toEqual({ port: 80 });
  });

  it.each<[unknown, string]>([
    [3, 'config: groups must be an object with a key for each group (web, Queue), got 3.'],
    [{ wbe: {} }, 'config: groups.wbe names no group of this engine. Groups: web, Queue. Did you mean web?'],
    [{ web: 3 }, 'config: groups.web must be an object with worker keys, got 3.'],
    [{ web: { workers: -1 } }, "config: groups.web.workers must be an integer >= 1 or 'auto', got -1."],
    [{ web: { workerType: 'process' } }, 'config: groups.web: workerType is spelled type here.'],
    [
      { web: { pidPath: 'x' } },
      'config: groups.web: pidPath is an option of @server. Move it to @server or into the config.',
    ],
  ])('report the problem with %j', (groups, problem) => {
    expect(() => load({ groups })).toThrow(problem);
  });

  it('report an error of all groups once', () => {
    expect(() => load({ workers: -1 })).toThrow(/^config: workers must be [^\n]*$/);
  });

  it('reserve the key `groups` when there are several', () => {
    const userSchemas = [z.object({ groups: z.array(z.string()) })];
    expect(() => load({ groups: ['a'] }, { userSchemas })).toThrow(/Give the key of the schema another name/);
  });

  it('leave the key `groups` to a program with one class, unless it names that class', () => {
    const single = { groups: GROUPS.slice(0, 1) };
    expect(load({ groups: ['a', 'b'] }, single).user).toEqual({ groups: ['a', 'b'] });
    expect(load({ groups: { web: { workers: 5 } } }, single)).toMatchObject({
      user: {},
      engine: { workers: 5 },
    });
  });

  it('are named in a reload that changes only one of them', () => {
    const plan = planReload(
      load({}),
      load({
        workerHeartbeatTimeout: 9,
        logLevel: 'warn',
        groups: { web: { workers: 4 }, Queue: { type: 'process' } },
      }),
    );
    expect(plan.changed.map(({ key, from, to }) => [key, from, to])).toEqual([
      ['logLevel', 'debug', 'warn'],
      ['groups.web.workers', 2, 4],
      ['groups.web.heartbeatTimeout', 180, 9],
      ['groups.Queue.heartbeatTimeout', 60, 9],
    ]);
    expect(plan.needsRestart.map(({ key }) => key)).toEqual(['groups.Queue.type']);
    expect(keysOf(plan.config)).toEqual([
      ['web', 'process', 4, 9000],
      ['Queue', 'thread', 1, 9000],
    ]);
  });
});
