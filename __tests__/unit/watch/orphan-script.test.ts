import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { startTicks } from '../../../src/common/proc-stat';
import { eventually } from '../../support/eventually';
import { ignoresSignal, isAlive, signalPid } from '../../support/processes';
import { graceLine, guardLine, ORPHAN_SCRIPT, releaseLine } from '../../../src/watch/orphan-script';

const children: ChildProcess[] = [];

const families: number[] = [];

afterEach(() => {
  for (const pid of families.splice(0)) signalPid(pid, 'SIGKILL');
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function run(shell: string, script: string): ChildProcess & { readonly pid: number } {
  const child = spawn(shell, ['-c', script], { stdio: ['pipe', 'pipe', 'ignore'] });
  children.push(child);
  return child as ChildProcess & { readonly pid: number };
}

/** Prints a line once it is ready. */
async function victim(reaction: string): Promise<ChildProcess & { readonly pid: number }> {
  const child = run('/bin/sh', `trap '${reaction}' TERM; echo ready; while :; do sleep 0.05; done`);
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  return child;
}

const STUBBORN = '';
const OBEDIENT = 'exit 7';

/** Leads a group. Its child ignores TERM. Both have printed a line. */
async function family(reaction: string) {
  const member = `trap "" TERM; echo member $$; while :; do sleep 0.05; done`;
  const script = `trap '${reaction}' TERM; sh -c '${member}' & while :; do sleep 0.05; done`;
  const leader = spawn('/bin/sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
  children.push(leader);
  const text = await new Promise<string>((resolve) =>
    leader.stdout.once('data', (data) => resolve(String(data))),
  );
  const memberPid = Number(/member (\d+)/.exec(text)?.[1]);
  families.push(memberPid);
  return { leader: leader as typeof leader & { readonly pid: number }, member: memberPid };
}

function endOf(child: ChildProcess): Promise<string | number | null> {
  return new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)));
}

function named(child: { readonly pid: number }) {
  return { pid: child.pid, startTicks: startTicks(child.pid) };
}

// Mostly /bin/sh is one of the others; a shell may behave differently under that name, but none of these does here.
const there = ['/bin/sh', '/bin/dash', '/bin/bash', '/bin/busybox'].filter((shell) => existsSync(shell));
const shells = [...new Map(there.map((shell) => [realpathSync(shell), shell])).values()];

describe('the input lines of the script', () => {
  it('name a process by pid and start time', () => {
    expect(guardLine({ pid: 7, startTicks: '12' })).toBe('+ 7 12\n');
    expect(guardLine({ pid: 7, startTicks: undefined })).toBe('+ 7 -\n');
    expect(guardLine({ pid: 7, startTicks: '12', leadsGroup: true })).toBe('+ -7 12\n');
    expect(releaseLine({ pid: 7, startTicks: '12', leadsGroup: true })).toBe('- -7 12\n');
    expect(releaseLine({ pid: 7, startTicks: '12' })).toBe('- 7 12\n');
  });

  it.each([
    [500, 'grace 5\n'],
    [601, 'grace 7\n'],
    [0, 'grace 0\n'],
    [-1, 'grace -1\n'],
    // No shell counts reliably above this, and none reads 1e+21.
    [40 * 86_400_000, 'grace 34560000\n'],
    [Number.MAX_VALUE, 'grace 2147483647\n'],
  ])('encode a grace of %d ms as %p', (graceMs, line) => expect(graceLine(graceMs)).toBe(line));
});

describe.each(shells)('the script in %s', (shell) => {
  const start = (...lines: string[]) => {
    const helper = run(shell, ORPHAN_SCRIPT);
    helper.stdin?.write(lines.join(''));
    return helper;
  };

  it('ends at once when nothing is listed', async () => {
    const child = await victim(STUBBORN);
    const helper = start(graceLine(60_000), guardLine(named(child)), releaseLine(named(child)));
    helper.stdin?.end();
    expect(await endOf(helper)).toBe(0);
    expect(child.exitCode).toBeNull();
  });

  it('sends TERM, and ends as soon as all have ended', async () => {
    const child = await victim(OBEDIENT);
    const helper = start(graceLine(60_000), guardLine(named(child)));
    const ended = Promise.all([endOf(child), endOf(helper)]);
    helper.stdin?.end();
    expect((await ended)[0]).toBe(7);
  });

  it('sends KILL after the grace of its last line', async () => {
    const [one, other] = await Promise.all([victim(STUBBORN), victim(STUBBORN)]);
    const helper = start(graceLine(60_000), guardLine(named(one)), guardLine(named(other)), graceLine(300));
    const ended = Promise.all([endOf(one), endOf(other), endOf(helper)]);
    const closedAt = performance.now();
    helper.stdin?.end();
    expect((await ended).slice(0, 2)).toEqual(['SIGKILL', 'SIGKILL']);
    expect(performance.now() - closedAt).toBeGreaterThan(300);
  });

  it('kills at once with a grace of 0, and only asks with -1', async () => {
    const [one, other] = await Promise.all([victim(STUBBORN), victim(STUBBORN)]);
    const kills = start(graceLine(0), guardLine(named(one)));
    const asks = start(graceLine(-1), guardLine(named(other)));
    const ended = Promise.all([endOf(one), endOf(kills), endOf(asks)]);
    kills.stdin?.end();
    asks.stdin?.end();
    expect((await ended)[0]).toBe('SIGKILL');
    expect(other.signalCode).toBeNull();
  });

  it('spares a process that has only reused the pid of a listed one', async () => {
    const child = await victim(OBEDIENT);
    const helper = start(graceLine(0), guardLine({ pid: child.pid, startTicks: '1' }));
    helper.stdin?.end();
    await endOf(helper);
    expect([child.exitCode, child.signalCode]).toEqual([null, null]);
  });

  it.each([60_000, -1])(
    'ends a group with its leader, also a member that ignores TERM (grace %d)',
    async (graceMs) => {
      const { leader, member } = await family(OBEDIENT);
      const helper = start(graceLine(graceMs), guardLine({ ...named(leader), leadsGroup: true }));
      const ended = Promise.all([endOf(leader), endOf(helper)]);
      helper.stdin?.end();
      expect((await ended)[0]).toBe(7);
      await eventually(() => !isAlive(member), 'the member is gone');
    },
  );

  it('ends the rest of a group without its leader, and all of it after the grace', async () => {
    const [orphaned, stubborn] = await Promise.all([family(OBEDIENT), family(STUBBORN)]);
    const lines = [orphaned, stubborn].map(({ leader }) => guardLine({ ...named(leader), leadsGroup: true }));
    const helper = start(graceLine(300), ...lines);
    orphaned.leader.kill('SIGKILL');
    await endOf(orphaned.leader);
    expect(isAlive(orphaned.member)).toBe(true);
    const ended = Promise.all([endOf(stubborn.leader), endOf(helper)]);
    helper.stdin?.end();
    expect((await ended)[0]).toBe('SIGKILL');
    await eventually(() => ![orphaned, stubborn].some(({ member }) => isAlive(member)), 'nobody is left');
  });

  it('spares a group whose number was reused', async () => {
    const { leader, member } = await family(OBEDIENT);
    const helper = start(
      graceLine(0),
      guardLine({ pid: leader.pid, startTicks: '1', leadsGroup: true }),
      // And one that is gone.
      guardLine({ pid: 2 ** 22 - 1, startTicks: '1', leadsGroup: true }),
    );
    helper.stdin?.end();
    expect(await endOf(helper)).not.toBeNull();
    expect([isAlive(leader.pid), isAlive(member)]).toEqual([true, true]);
  });

  it('goes by the pid without a start time', async () => {
    const child = await victim(OBEDIENT);
    const helper = start(graceLine(60_000), guardLine({ pid: child.pid, startTicks: undefined }));
    const ended = Promise.all([endOf(child), endOf(helper)]);
    helper.stdin?.end();
    expect((await ended)[0]).toBe(7);
  });

  it('survives the signals that reach everybody', async () => {
    const child = await victim(OBEDIENT);
    const helper = start(graceLine(60_000), guardLine(named(child)));
    const signals = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;
    await eventually(() => signals.every((name) => ignoresSignal(helper.pid, name)), 'it has set its traps');
    for (const signal of signals) helper.kill(signal);
    const ended = Promise.all([endOf(child), endOf(helper)]);
    helper.stdin?.end();
    expect((await ended)[0]).toBe(7);
  });
});
