import type { CommandResult, EngineStatus, ReloadResult, RestartResult, TakeoverResult } from 'serverengine';
import { eventually } from '../support/eventually';
import { isAlive, signalPid } from '../support/processes';
import { SelfDriven, type Mode } from '../support/self-driven';
import { byStart } from '../support/worker-start';

const MODES: readonly Mode[] = [{ supervisor: false }, { supervisor: true }];
const ROLLING = { workers: 2, restartStrategy: 'rolling' };

const start = byStart('the status says how workers are started', { spawned: 'spawn', forked: 'fork' });

describe.each(MODES)('engine methods (%p)', (mode) => {
  it('resolve with the outcome of status, restart, reload, scale, dump and stop', async () => {
    const engine = await new SelfDriven(mode, ROLLING).up();
    const { program } = engine;
    await eventually(async () => {
      const { state, workers } = await engine.call<EngineStatus>('status');
      return state === 'running' && workers.every((worker) => worker.state === 'running');
    }, 'every worker is running');
    const status = await engine.call<EngineStatus>('status');
    expect(status).toMatchObject({
      pid: program.pid,
      role: mode.supervisor ? 'supervisor' : 'server',
      groups: [{ name: 'Web', type: 'process', target: 2, strategy: 'rolling', start, startInUse: start }],
    });
    expect(status.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(status.workers.map(({ pid }) => pid).sort()).toEqual(program.workerPids().sort());
    expect(status.sockets).toEqual([expect.stringMatching(/^tcp 127\.0\.0\.1:\d+$/)]);

    const held = await engine.call<RestartResult>('restart', true, { group: 'Web' });
    expect(held).toMatchObject({ ok: true, outcome: 'held', replaced: 2, kept: 0 });

    engine.reconfigure({ isBroken: true, logLevel: 'trace', pidPath: '/nowhere/pid' });
    const reloaded = await engine.call<ReloadResult>('reload');
    expect(reloaded).toMatchObject({ ok: true, needsRestart: ['pidPath'] });
    expect([...reloaded.changed].sort()).toEqual(['isBroken', 'logLevel']);
    await program.waitForLine(/^top hears configReloaded .*"changed":\[.*logLevel/);

    const halted = await engine.call<RestartResult>('restart');
    expect(halted).toMatchObject({ ok: false, outcome: 'halted', replaced: 0, kept: 2 });
    expect(halted.failed).toMatchObject({ group: 'Web', workerId: 0 });
    expect(halted.failed?.why).toMatch(/status 3 before it was ready/);

    engine.reconfigure({ isBroken: false, workers: 'many' });
    const refused = await engine.call<ReloadResult>('reload');
    expect(refused).toMatchObject({ ok: false, changed: [] });
    expect(refused.reason).toMatch(/workers must be .*'many'/);
    engine.reconfigure({ workers: 2 });
    await engine.call('reload');

    const since = program.now;
    expect(await engine.call('scale', 3)).toEqual({ ok: true, from: 2, to: 3 });
    await program.waitForLine(/: worker 2 is running /, { since });
    expect(await engine.call('scale', 2, { group: 'Webb' })).toMatch(
      /scale\(\): there is no group "Webb". The groups are: Web\./,
    );
    expect(await engine.call('scale', -1)).toMatch(/scale\(\): workers must be an integer >= 0, got -1/);
    expect(await engine.call('dump')).toEqual({ ok: true });

    expect(await engine.call<CommandResult>('stop')).toEqual({ ok: true });
    expect(program.workerPids().filter(isAlive)).toEqual([]);
    expect(await program.exited).toEqual({ code: 0, signal: null });
    const lines = [/^answer stop /, /^main /].map((test) =>
      program.lines.findIndex((line) => test.test(line)),
    );
    expect(lines).toEqual([...lines].sort((one, other) => one - other));
    const states = program
      .matching(/^top hears serverState /)
      .map((line) => (JSON.parse(line.slice(line.indexOf('{'))) as { state: string }).state);
    expect(states).toEqual(['preparing', 'running', 'stopping', 'finished']);
  });

  it('resolve an upgrade with the successor, or with the reason for its failure', async () => {
    const engine = await new SelfDriven(mode, ROLLING).up();
    engine.reconfigure({ workers: 'many' });
    const failed = await engine.call<TakeoverResult>('upgrade');
    expect(failed.ok).toBe(false);
    expect(failed.reason).toMatch(/workers must be/);
    engine.reconfigure({ workers: 2 });
    const held = await engine.call<TakeoverResult>('upgrade');
    expect(held.ok).toBe(true);
    expect(isAlive(held.pid ?? 0)).toBe(true);
    expect(await engine.call<CommandResult>('stop')).toEqual({ ok: true });
    expect(isAlive(held.pid ?? 0)).toBe(false);
    await engine.program.allGone();
  });
});

it('resolve detach() with the next server under a supervisor', async () => {
  const engine = await new SelfDriven({ supervisor: true }, ROLLING).up();
  const { ok, pid } = await engine.call<TakeoverResult>('detach');
  expect(ok).toBe(true);
  const started = engine.program.matching(/: server process started /).at(-1);
  expect(started).toContain(`pid=${String(pid)} `);
  expect((await engine.program.stop()).code).toBe(0);
});

it('resolve detach() as a graceful stop without a supervisor', async () => {
  const engine = await new SelfDriven({ supervisor: false }, ROLLING).up();
  const { ok, reason } = await engine.call<TakeoverResult>('detach');
  expect(ok).toBe(false);
  expect(reason).toMatch(/there is no supervisor to start the next server: this was a graceful stop/);
  expect(await engine.program.exited).toEqual({ code: 0, signal: null });
});

it('report that the server process ended before it answered', async () => {
  const engine = await new SelfDriven({ supervisor: true }, ROLLING).up();
  const { program } = engine;
  const serverPid = Number(
    / pid=(\d+) generation/.exec(program.matching(/: server process started /)[0] ?? '')?.[1],
  );
  signalPid(serverPid, 'SIGSTOP');
  const answer = engine.call<CommandResult>('scale', 3);
  // This status stays unanswered too. It shows that the command before it was sent.
  expect(await engine.call<EngineStatus>('status')).toMatchObject({ role: 'supervisor', workers: [] });
  signalPid(serverPid, 'SIGKILL');
  expect(await answer).toMatchObject({
    ok: false,
    reason: 'the server process ended with signal SIGKILL before it answered',
  });
  await program.kill();
});

it('resolve a restart of the server process with the first workers of the next server', async () => {
  const mode = {
    supervisor: true,
    restartServerProcess: true,
    serverRestartWait: 0.1,
    startWorkerConcurrency: 1,
  };
  const engine = await new SelfDriven(mode, { workers: 3 }).up();
  expect(await engine.call<RestartResult>('restart')).toMatchObject({
    ok: true,
    outcome: 'held',
    replaced: 3,
    kept: 0,
  });

  engine.reconfigure({ isBroken: true });
  const halted = await engine.call<RestartResult>('restart');
  expect(halted).toMatchObject({ ok: false, outcome: 'halted', replaced: 0, kept: 0 });
  expect(halted.failed).toEqual({
    group: 'Web',
    workerId: 0,
    why: 'it ended with status 3 before it was ready',
  });

  engine.reconfigure({ isBroken: false });
  expect(await engine.call<RestartResult>('restart')).toMatchObject({ ok: true, replaced: 3 });
  expect(await engine.call<CommandResult>('stop')).toEqual({ ok: true });
  await engine.program.allGone();
});
