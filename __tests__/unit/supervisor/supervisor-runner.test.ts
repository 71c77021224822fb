import * as fc from 'fast-check';
import type { AnyResult, Command } from '../../../src/commands/command';
import { FakeClock } from '../../../src/testing/fake-clock';
import { loadConfig } from '../../../src/config/load';
import { EventHub } from '../../../src/contract/event-hub';
import { SupervisorRunner } from '../../../src/supervisor/supervisor-runner';
import { fakeLogger } from '../contract/fake-logger';
import { FakeServer } from './fake-server';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function setUp(raw: object = {}, load?: () => object) {
  const clock = new FakeClock();
  const logger = fakeLogger();
  const hub = new EventHub();
  const servers: FakeServer[] = [];
  const read = (more: object) => loadConfig({ raw: { supervisor: true, ...raw, ...more }, env: {} });
  const runner = new SupervisorRunner({
    loaded: read({}),
    load: () => Promise.resolve().then(() => read(load?.() ?? {})),
    groups: ['Web'],
    startServer: (start) => {
      const server = new FakeServer(start);
      servers.push(server);
      return server;
    },
    afterStart: undefined,
    applyLog: () => {},
    letGo: () => {},
    onUp: () => {},
    onFailed: () => {},
    onTrying: () => {},
    closeSockets: () => {},
    heldSockets: () => [],
    emit: hub.emitter(logger),
    logger,
    clock,
    random: () => 0.5,
  });
  const ended: number[] = [];
  void runner.run().then((status) => ended.push(status));
  const settle = async (): Promise<void> => {
    for (let turns = 0; turns < 10; turns += 1) {
      await clock.advanceAsync(0);
      await turn();
    }
  };
  const last = (): FakeServer => servers.at(-1)!;
  return { runner, clock, logger, hub, servers, last, settle, ended };
}

async function serving(raw?: object, load?: () => object) {
  const set = setUp(raw, load);
  set.last().notices.onUp(false);
  await set.settle();
  return set;
}

const ROUND = { ok: true, outcome: 'held', replaced: 2, kept: 0, tookMs: 5 } as const;
const SAID = ['up', 'up_alone', 'round', 'exit', 'kill', 'old_exit', 'let_go', 'failed'] as const;

describe('commands of a supervisor', () => {
  it('answer detach when the next server is up', async () => {
    const { runner, servers, last, settle, clock } = await serving();
    const answer = runner.submit({ kind: 'detach' });
    await settle();
    expect(servers[0]?.commands).toEqual([{ kind: 'detach' }]);
    await clock.advanceAsync(10_000);
    expect(servers).toHaveLength(2);
    last().notices.onUp(false);
    expect(await answer).toEqual({ ok: true, pid: 1000 });
  });

  it('answer detach with the reason why the next server failed, and retry it', async () => {
    const { runner, servers, last, settle, clock } = await serving();
    const answer = runner.submit({ kind: 'detach' });
    await settle();
    servers[0]?.end();
    await settle();
    last().notices.onFailed('beforeRun() failed: no such file', false);
    last().end({ code: 1, signal: null });
    expect(await answer).toEqual({ ok: false, reason: 'beforeRun() failed: no such file' });
    await clock.advanceAsync(1000);
    expect(servers).toHaveLength(3);
  });

  it('answer detach when the supervisor leaves with exitOnDetach', async () => {
    const { runner, servers, settle, ended } = await serving({ exitOnDetach: true });
    const answer = runner.submit({ kind: 'detach' });
    await settle();
    servers[0]?.end();
    expect(await answer).toEqual({ ok: true });
    await settle();
    expect(ended).toEqual([0]);
  });

  it('answer a restart of the server process when the next one is up', async () => {
    const { runner, servers, last, settle, clock } = await serving({ restartServerProcess: true });
    const answer = runner.submit({ kind: 'restart', graceful: true });
    await settle();
    expect(servers[0]?.reason).toBe('restart');
    // The last messages of a server do not concern the next one.
    servers[0]?.notices.onUp(false);
    servers[0]?.end();
    await settle();
    await clock.advanceAsync(1000);
    last().notices.onUp(false);
    expect(await answer).toEqual({ ok: true, outcome: 'held', replaced: 1, kept: 0, tookMs: 1000 });
  });

  it('answer a restart of the server process when its first workers are ready, or one has failed', async () => {
    const { runner, servers, last, settle, clock } = await serving({ restartServerProcess: true });
    const answer = runner.submit({ kind: 'restart', graceful: true });
    await settle();
    servers[0]?.end();
    await clock.advanceAsync(1000);
    let isAnswered = false;
    void answer.then(() => (isAnswered = true));
    last().notices.onUp(true);
    await settle();
    expect(isAnswered).toBe(false);
    const failure = { group: 'Web', workerId: 1, why: 'it ended with status 3 before it was ready' };
    const round = { ok: false, outcome: 'halted', replaced: 1, kept: 0, failed: failure } as const;
    last().notices.onFirstRound({ ...round, tookMs: 5 });
    expect(await answer).toEqual({ ...round, tookMs: 1000 });
  });

  it('answer a restart of the server process with an error when the next one ends before its workers are ready', async () => {
    const { runner, servers, last, settle, clock } = await serving({ restartServerProcess: true });
    const answer = runner.submit({ kind: 'restart', graceful: true });
    await settle();
    servers[0]?.end();
    await clock.advanceAsync(1000);
    last().notices.onUp(true);
    last().end({ code: null, signal: 'SIGKILL' });
    const reason = 'the server process ended with signal SIGKILL before all of its workers were ready';
    expect(await answer).toMatchObject({ ok: false, outcome: 'halted', reason });
  });

  it('answer a restart of the server process with the next one when the old one had to be killed', async () => {
    const { runner, servers, last, settle, clock } = await serving({ restartServerProcess: true });
    servers[0]?.notices.onState('stopping');
    const answer = runner.submit({ kind: 'restart', graceful: true });
    await settle();
    servers[0]!.reason = 'immediate_timeout';
    servers[0]?.end({ code: null, signal: 'SIGKILL' });
    await clock.advanceAsync(1000);
    last().notices.onUp(true);
    last().notices.onFirstRound(ROUND);
    expect(await answer).toMatchObject({ ok: true, replaced: 2 });
  });

  it('answer an overtaken restart when a stop comes', async () => {
    const { runner, last, settle } = await serving({ restartServerProcess: true });
    const answer = runner.submit({ kind: 'restart', graceful: true });
    await settle();
    void runner.submit({ kind: 'stop', graceful: true });
    expect(await answer).toMatchObject({ ok: false, reason: 'the supervisor is stopping' });
    last().end();
  });

  it('answer a reload with the changes above and below, or with the reason why there are none', async () => {
    let more: object = { logLevel: 'warn' };
    const { runner, last, settle, hub } = await serving({}, () => more);
    const heard: unknown[] = [];
    hub.on('configReloaded', (result) => heard.push(result));
    const answer = runner.submit({ kind: 'reload' });
    await settle();
    expect(last().commands).toEqual([{ kind: 'reload' }]);
    last().end();
    expect(await answer).toMatchObject({ ok: false, changed: ['logLevel'] });
    more = { workers: 'many' };
    const bad = await runner.submit({ kind: 'reload' });
    expect(bad).toMatchObject({ ok: false, changed: [] });
    expect(bad.reason).toMatch(/workers must be/);
    expect(heard).toEqual([{ ok: true, changed: ['logLevel'], needsRestart: [] }, bad]);
  });

  it('send scale to the server, and fail without one', async () => {
    const { runner, last, settle } = await serving();
    expect(await runner.submit({ kind: 'scale', to: 3 })).toMatchObject({ ok: true });
    last().end({ code: 1, signal: null });
    await settle();
    expect(await runner.submit({ kind: 'scale', to: 3 })).toMatchObject({
      ok: false,
      reason: 'there is no server process that could scale',
    });
  });

  it('list the groups when the caller names another one', async () => {
    const { runner, last } = await serving();
    const { ok, reason } = await runner.submit({ kind: 'restart', graceful: true, group: 'Wep' });
    expect([ok, reason]).toEqual([false, 'restart(): there is no group "Wep". The groups are: Web.']);
    expect(last().commands).toEqual([]);
  });

  it('do not wait for a hanging server with a dump', async () => {
    const { runner, last, clock, settle } = await serving();
    jest.spyOn(last(), 'submit').mockReturnValue(new Promise(() => {}));
    const answer = runner.submit({ kind: 'dump' });
    await settle();
    await clock.advanceAsync(5000);
    expect(await answer).toEqual({ ok: false, reason: 'the server process 1000 has not answered after 5 s' });
  });

  it('dump only the named worker, and succeed when one of the servers has it', async () => {
    const { runner, last, settle, logger } = await serving();
    const dumps = (): number => logger.info.mock.calls.filter(([line]) => line === 'dump').length;
    const submit = jest.spyOn(last(), 'submit');
    const noSuch = { ok: false, reason: 'no such worker is running at the moment' };
    submit.mockResolvedValueOnce(noSuch).mockResolvedValueOnce({ ok: true });
    expect(await runner.submit({ kind: 'dump', worker: 7 })).toEqual(noSuch);
    expect(await runner.submit({ kind: 'dump', worker: 0 })).toEqual({ ok: true });
    expect(dumps()).toBe(0);
    submit.mockResolvedValueOnce({ ok: true });
    expect(await runner.submit({ kind: 'dump' })).toEqual({ ok: true });
    expect(dumps()).toBe(1);
    last().end({ code: 1, signal: null });
    await settle();
    expect(await runner.submit({ kind: 'dump', worker: 0 })).toEqual({
      ok: false,
      reason: 'there is no server process that has the worker',
    });
  });

  it('answer a stop when the last server has ended', async () => {
    const { runner, last, settle, ended } = await serving();
    let answer: AnyResult | undefined;
    void runner.submit({ kind: 'stop', graceful: true }).then((result) => (answer = result));
    await settle();
    expect([last().wasTold, answer]).toEqual(['graceful', undefined]);
    last().end();
    await settle();
    expect([answer, ended]).toEqual([{ ok: true }, [0]]);
  });
});

it('listeners get the states of the servers', async () => {
  const { runner, hub, last, settle } = setUp();
  const heard: string[] = [];
  hub.on('serverState', ({ state, generation }) => heard.push(`${String(generation)} ${state}`));
  last().notices.onState('preparing');
  last().notices.onState('running');
  last().end({ code: null, signal: 'SIGKILL' });
  await settle();
  expect(heard).toEqual(['1 running', '1 finished']);
  void runner.submit({ kind: 'stop', graceful: false });
  await settle();
});

it('every command is answered exactly once, with one server at a time and nothing left', async () => {
  const commands: readonly Command[] = [
    { kind: 'restart', graceful: true },
    { kind: 'restart', graceful: false },
    { kind: 'reload' },
    { kind: 'scale', by: 1 },
    { kind: 'scale', to: 2, group: 'nobody' },
    { kind: 'detach' },
    { kind: 'dump' },
    { kind: 'upgrade' },
    { kind: 'stop', graceful: true },
  ];
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ submit: fc.constantFrom(...commands) }) },
    { weight: 4, arbitrary: fc.constantFrom(...SAID) },
    { weight: 2, arbitrary: fc.constantFrom('time', 'turn') },
  );
  const settings = fc.record({
    restartServerProcess: fc.boolean(),
    exitOnDetach: fc.boolean(),
    startRetry: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(settings, fc.array(step, { maxLength: 25 }), async (raw, steps) => {
      const { runner, servers, last, settle, ended, clock } = setUp(raw);
      const answers: number[] = [];
      for (const one of steps) {
        if (typeof one === 'object') {
          const index = answers.push(0) - 1;
          void runner.submit(one.submit).then(() => (answers[index] = (answers[index] ?? 0) + 1));
          continue;
        }
        if (one === 'up') last().notices.onUp(true);
        else if (one === 'up_alone') last().notices.onUp(false);
        else if (one === 'round') last().notices.onFirstRound(ROUND);
        else if (one === 'exit') last().end({ code: 1, signal: null });
        else if (one === 'kill') last().end({ code: null, signal: 'SIGKILL' });
        else if (one === 'old_exit') servers.find(({ isAlive }) => isAlive)?.end();
        else if (one === 'let_go') last().notices.onSocketsLetGo();
        else if (one === 'failed') last().notices.onFailed('x', false);
        else if (one === 'time') await clock.advanceAsync(10_000);
        else await turn();
        const unasked = servers.filter(
          (server) =>
            server.isAlive && !server.commands.some(({ kind }) => kind === 'detach') && !server.wasTold,
        );
        expect(unasked.length).toBeLessThanOrEqual(1);
      }
      const stopped = runner.submit({ kind: 'stop', graceful: true });
      await settle();
      for (const server of servers) server.end();
      await settle();
      await stopped;
      await settle();
      expect(ended).toHaveLength(1);
      expect(answers.filter((times) => times !== 1)).toEqual([]);
      // Nothing starts after the end.
      const { length } = servers;
      await clock.advanceAsync(60_000);
      expect(servers).toHaveLength(length);
    }),
    { numRuns: 60 },
  );
}, 60_000);
