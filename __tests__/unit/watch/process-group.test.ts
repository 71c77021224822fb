import { spawn } from 'node:child_process';
import { endRestOfGroup } from '../../../src/watch/process-group';
import { eventually } from '../../support/eventually';
import { isAlive, signalPid } from '../../support/processes';

/** A leader, and a child of it that outlives the leader. */
async function family() {
  const script = 'sleep 60 & echo $!; read -r line';
  const leader = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
  const member = Number(await new Promise((resolve) => leader.stdout.once('data', resolve)));
  const exited = new Promise((resolve) => leader.once('exit', resolve));
  return { pid: leader.pid!, member, leader, end: () => (leader.stdin.end(), exited) };
}

describe(endRestOfGroup, () => {
  it('kills the rest of a group and returns how many, and finds nothing a second time', async () => {
    const { pid, member, end } = await family();
    await end();
    expect(endRestOfGroup(pid)).toBe(1);
    await eventually(() => !isAlive(member), 'the member is gone');
    expect(endRestOfGroup(pid)).toBe(0);
  });

  it('harms no process when the number was reused', async () => {
    const { pid, member, end } = await family();
    expect(endRestOfGroup(pid)).toBe(0);
    expect(isAlive(member)).toBe(true);
    signalPid(member, 'SIGKILL');
    await end();
  });
});
