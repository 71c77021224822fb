import type { CommandResult, EngineStatus, ReloadResult, RestartResult, ScaleResult } from 'serverengine';
import { ask, differentAnswers, freePort } from '../support/clients';
import { eventually } from '../support/eventually';
import { SelfDriven, type Mode } from '../support/self-driven';
import { byStart } from '../support/worker-start';

const start = byStart('the status says how workers are started', { spawned: 'spawn', forked: 'fork' });

const MODES: readonly Mode[] = [{ supervisor: false }, { supervisor: true }];

async function running(
  mode: Mode,
  more: Record<string, unknown> = {},
): Promise<{ engine: SelfDriven; port: number }> {
  const engine = new SelfDriven(mode, more, 'groups');
  await engine.program.waitForLines(2, /: worker web\/\d is running /);
  await engine.program.waitForLine(/: worker Queue\/0 is running /);
  const { sockets } = await engine.call<EngineStatus>('status');
  return { engine, port: Number(/:(\d+)$/.exec(sockets[0] ?? '')?.[1]) };
}

/** The generation by group and id. An old worker may still be ending. */
const generations = ({ workers }: EngineStatus): Record<string, number> =>
  Object.fromEntries(
    workers
      .filter(({ state }) => state === 'running')
      .map((one) => [`${one.group}/${String(one.workerId)}`, one.generation]),
  );

describe.each(MODES)('several groups of workers (%p)', (mode) => {
  it('have their own types, sizes, names and restarts', async () => {
    const { engine, port } = await running(mode, { groups: { web: { restartStrategy: 'rolling' } } });
    const { program } = engine;
    expect(await differentAnswers(2, () => ask(port))).toHaveProperty('size', 2);
    await program.waitForLine(/ worker=Queue\/0 pid=\d+: queue begins /);
    expect(await engine.call<EngineStatus>('status')).toMatchObject({
      groups: [
        { name: 'web', type: 'process', target: 2, strategy: 'rolling', start, startInUse: start },
        { name: 'Queue', type: 'thread', target: 1, strategy: 'auto', start, startInUse: 'spawn' },
      ],
    });

    expect(await engine.call<RestartResult>('restart', true, { group: 'Queue' })).toMatchObject({
      ok: true,
      replaced: 1,
    });
    expect(generations(await engine.call('status'))).toEqual({ 'web/0': 1, 'web/1': 1, 'Queue/0': 2 });
    expect(await engine.call<RestartResult>('restart')).toMatchObject({ ok: true, replaced: 3 });
    expect(generations(await engine.call('status'))).toEqual({ 'web/0': 2, 'web/1': 2, 'Queue/0': 3 });
    await program.waitForLine(/rolling restart finished group=web replaced=2/);

    expect(await engine.call<ScaleResult>('scale', 2, { group: 'Queue' })).toEqual({
      ok: true,
      from: 1,
      to: 2,
    });
    await program.waitForLine(/: worker Queue\/1 is running /);
    expect(await engine.call('scale', 3)).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/say which group. The groups are: web, Queue/) as string,
    });
    expect(await engine.call('restart', true, { group: 'Web' })).toMatch(
      /there is no group "Web". The groups are: web, Queue/,
    );

    engine.reconfigure({ groups: { web: { workers: 1, restartStrategy: 'rolling' } } });
    expect((await engine.call<ReloadResult>('reload')).changed).toEqual(['groups.web.workers']);
    await program.waitForLine(/: worker web\/1 finished with status 0 .*reason=scale_down/);
    expect(await engine.call<CommandResult>('stop')).toEqual({ ok: true });
    expect(await program.exited).toEqual({ code: 0, signal: null });
    await program.allGone();
  });

  it('end together when one of them has only unrecoverable workers', async () => {
    const { engine } = await running(mode, { unrecoverableExitCodes: [5], exitWithWorkerStatus: true });
    engine.reconfigure({ queueStatus: 5 });
    void engine.call('reload').catch(() => {});
    expect(await engine.program.exited).toEqual({ code: 5, signal: null });
    expect(engine.program.matching(/: worker web\/\d finished with status 0 .*reason=stop/)).toHaveLength(2);
    await engine.program.allGone();
  });
});

describe.each(MODES)('two groups that listen on one port (%p)', (mode) => {
  const groupsAt = async (port: number): Promise<string[]> =>
    [...(await differentAnswers(2, async () => (await ask(port)).split(' ')[0] ?? ''))].sort();

  it('close it for their own group only', async () => {
    const port = await freePort();
    const engine = new SelfDriven(mode, { port }, 'groups-one-port');
    await engine.program.waitForLines(3, ': listens');
    expect(await groupsAt(port)).toEqual(['Api', 'Web']);

    engine.reconfigure({ closed: true });
    expect(await engine.call('reload')).toMatchObject({ ok: true });
    await engine.program.waitForLine(': has closed it long since');
    const [group, pid] = (await ask(port)).split(' ');
    expect(group).toBe('Api');
    process.kill(Number(pid), 'SIGKILL');
    await engine.program.waitForLines(4, ': listens');
    expect(await differentAnswers(2, () => ask(port))).not.toContain(`Api ${pid ?? ''}`);

    engine.reconfigure({ closed: false });
    expect(await engine.call('reload')).toMatchObject({ ok: true });
    await engine.program.waitForLines(5, ': listens');
    expect(await groupsAt(port)).toEqual(['Api', 'Web']);
    expect(await engine.call('stop')).toEqual({ ok: true });
    await engine.program.allGone();
  });

  it('lose no worker of one group when the other is scaled to 0 or restarted', async () => {
    const port = await freePort();
    const engine = new SelfDriven(mode, { port }, 'groups-one-port');
    await engine.program.waitForLines(3, ': listens');
    expect(await engine.call('restart', true, { group: 'Api' })).toMatchObject({ ok: true, replaced: 2 });
    expect(await groupsAt(port)).toEqual(['Api', 'Web']);

    expect(await engine.call('scale', 0, { group: 'Web' })).toMatchObject({ ok: true, to: 0 });
    await engine.program.waitForLine(/worker Web\/0 finished with status 0 .*reason=scale_down/);
    expect(await engine.call('restart')).toMatchObject({ ok: true, replaced: 2 });
    await eventually(async () => (await ask(port)).startsWith('Api '), 'the other group answers');
    expect(await engine.call('scale', 1, { group: 'Web' })).toMatchObject({ ok: true, to: 1 });
    expect(await groupsAt(port)).toEqual(['Api', 'Web']);
    expect(await engine.call('stop')).toEqual({ ok: true });
    await engine.program.allGone();
  });
});
