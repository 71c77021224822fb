import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { eventually } from '../support/eventually';
import { signalPid, stateOf } from '../support/processes';
import { startRecorded, type RecordedProgram } from '../support/recorded-program';
import { tempDir } from '../support/temp-dir';

const SHORT = {
  workerHeartbeatInterval: '100ms',
  workerHeartbeatTimeout: '2s',
  workerHeartbeatKillDelay: '200ms',
};
// Long enough that a boot on a busy machine is not taken for a hang.
const PATIENT = { ...SHORT, workerHeartbeatTimeout: '60s' };

/** Two running workers, whose timeout is then reloaded to a short one. */
async function running(): Promise<RecordedProgram> {
  // The CONT that resumes a frozen server also triggers a dump.
  const config = { workers: 2, sigdumpDir: tempDir() };
  const program = startRecorded('tcp-shared', { config: { ...config, ...PATIENT } });
  await program.waitForWorkers(2);
  await reload(program, { ...config, ...SHORT });
  return program;
}

async function reload(program: RecordedProgram, config: Readonly<Record<string, unknown>>): Promise<void> {
  const since = program.now;
  program.setConfig(config);
  program.signal('SIGUSR2');
  await program.record('config changed', { since });
}

describe('a worker that misses its heartbeats', () => {
  it('is killed and replaced when it was frozen by SIGSTOP', async () => {
    const program = await running();
    const [frozen, other] = [program.workerPid(0), program.workerPid(1)];
    signalPid(frozen, 'SIGSTOP');
    const verdict = await program.record('worker 0 heartbeat timed out');
    expect(verdict).toMatchObject({ level: 'error', fields: { limitMs: 2000 } });
    expect(verdict.fields['delayMs']).toBeGreaterThanOrEqual(2000);
    await reload(program, { workers: 2, ...PATIENT });
    await program.record({ message: 'worker 0 is running', generation: 2 });
    const death = program.records('worker 0 finished');
    expect(death).toHaveLength(1);
    expect(death[0]).toMatchObject({
      level: 'error',
      fields: {
        reason: 'heartbeat_timeout',
        likelyCause: 'its process was frozen: it was stopped by a signal',
      },
    });
    expect(death[0]!.message).toContain('with signal SIGKILL');
    expect(program.workerPid(1)).toBe(other);
    expect(stateOf(frozen)).toBeUndefined();
  });

  it('is killed and replaced when its event loop is blocked', async () => {
    const once = join(tempDir(), 'once');
    const program = startRecorded('misdeeds', { config: { misdeed: 'block', once, ...SHORT } });
    await program.record('behaving');
    const [death] = program.records('worker 0 finished');
    expect(death!.message).toContain('with signal SIGQUIT');
    expect(death!.fields).toMatchObject({
      reason: 'heartbeat_timeout',
      likelyCause: 'its event loop was blocked: it is busy',
    });
  });
});

describe('a worker whose program closes the descriptor of the scoreboard', () => {
  it('is not killed, and writes into no other file that gets the same descriptor', async () => {
    const once = join(tempDir(), 'once');
    const program = startRecorded('misdeeds', { config: { misdeed: 'close the board', once, ...SHORT } });
    expect((await program.record('taken')).fields['fd']).toBe(6);
    expect((await program.record('still here')).fields['bytes']).toBe(0);
    expect(program.records(/heartbeat timed out|finished/)).toEqual([]);
    await program.stop();
  });
});

// Longer than the timeout.
const FROZEN_MS = 3000;

describe('a server that was frozen for longer than the heartbeat timeout', () => {
  it('keeps its workers', async () => {
    const program = await running();
    const before = program.workerPids();
    program.signal('SIGSTOP');
    await eventually(() => stateOf(program.pid) === 'T', 'the server is stopped');
    await sleep(FROZEN_MS);
    const since = program.now;
    program.signal('SIGCONT');
    await program.record('this process stood still', { since });
    expect(program.records(/heartbeat timed out|finished/)).toEqual([]);
    // If the server judged by the heartbeats it missed, it would kill them before this new verdict.
    signalPid(program.workerPid(0), 'SIGSTOP');
    await program.record('worker 0 heartbeat timed out');
    expect(program.records('worker 1 heartbeat timed out')).toEqual([]);
    expect([...program.workers().values()][1]).toBe(before[1]);
  });
});

describe('a process that is out of descriptors for longer than the heartbeat timeout', () => {
  const GREEDY = { takenMs: 3000, ...SHORT, serverHeartbeatInterval: '100ms', serverHeartbeatTimeout: '2s' };

  it.each([
    ['a worker', { workerType: 'process' }],
    ['a server under a supervisor', { workerType: 'embedded', supervisor: true }],
  ])('keeps sending heartbeats and is left alone: %s', async (_who, config) => {
    const program = startRecorded('descriptors', { descriptors: 128, config: { ...GREEDY, ...config } });
    await program.record({ message: 'nothing left', code: 'EMFILE' });
    program.signal('SIGCONT');
    await program.record('dump not written');
    await program.record({ message: 'given back', isStopping: false });
    expect(program.records(/heartbeat|finished|nothing left/)).toHaveLength(1);
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });
});
