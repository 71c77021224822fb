import { readdirSync } from 'node:fs';
import { eventually } from '../support/eventually';
import { reapersOf } from '../support/orphan-reapers';
import { isAlive, processLine, signalPid } from '../support/processes';
import { startRecorded, type RecordedProgram } from '../support/recorded-program';
import { tempDir } from '../support/temp-dir';

/** Resolves with the pid of the helper once it runs. */
function reaperOf(program: RecordedProgram): Promise<number> {
  return eventually(() => reapersOf(program.pid)[0], 'the server has its helper');
}

async function gone(pid: number): Promise<void> {
  await eventually(() => !isAlive(pid), 'the helper is gone');
}

function bytesReadBy(pid: number): number {
  return Number(processLine(pid, 'io', 'rchar'));
}

const blocked = (grace: string) => ({
  config: { dir: tempDir(), manner: 'is blocked', workerGracefulKillTimeout: grace },
});

describe('workers with a blocked event loop', () => {
  it('end after the graceful timeout when their server is killed with -9', async () => {
    const program = startRecorded('orphans', blocked('1s'));
    await program.recordsOf(2, 'at work');
    const reaper = await reaperOf(program);
    program.signal('SIGKILL');
    const killedAt = performance.now();
    await program.allGone();
    expect(performance.now() - killedAt).toBeGreaterThan(900);
    await gone(reaper);
  });

  it('end even when the helper was killed first', async () => {
    const program = startRecorded('orphans', blocked('100ms'));
    await program.recordsOf(2, 'at work');
    const first = await reaperOf(program);
    signalPid(first, 'SIGKILL');
    await program.record('the helper that ends orphaned workers is gone');
    const second = await reaperOf(program);
    expect(second).not.toBe(first);
    // The helper exists before it is told whom to guard. The server has told it by the time that it does anything else.
    program.signal('SIGCONT');
    await program.record('command dump');
    program.signal('SIGKILL');
    await program.allGone();
    await gone(second);
  });

  it('end after the timeout of the last reload', async () => {
    const { config } = blocked('1h');
    const program = startRecorded('orphans', { config });
    await program.recordsOf(2, 'at work');
    const reaper = await reaperOf(program);
    const heard = bytesReadBy(reaper);
    program.setConfig({ ...config, workerGracefulKillTimeout: '100ms' });
    program.signal('SIGUSR2');
    await program.record('config changed: workerGracefulKillTimeout');
    // The helper gets no other line meanwhile: no worker starts or ends.
    await eventually(() => bytesReadBy(reaper) > heard, 'the helper was told');
    program.signal('SIGKILL');
    await program.allGone();
    await gone(reaper);
  });
});

describe('workers that can stop', () => {
  it('finish stop() when their server is killed with -9, and the helper ends with them', async () => {
    const dir = tempDir();
    const program = startRecorded('orphans', { config: { dir, manner: 'stops' } });
    await program.recordsOf(2, 'at work');
    const reaper = await reaperOf(program);
    program.signal('SIGKILL');
    await program.allGone();
    await gone(reaper);
    expect(readdirSync(dir).sort()).toEqual(['stopped-0', 'stopped-1']);
  });
});

describe('the helper of blocked orphans', () => {
  it('ends with its server, prints nothing, and does not get Ctrl-C', async () => {
    const program = startRecorded('orphans', { config: { dir: tempDir(), manner: 'stops' } });
    await program.recordsOf(2, 'at work');
    const reaper = await reaperOf(program);
    program.signalGroup('SIGINT');
    await program.exited;
    await gone(reaper);
    expect(program.output).not.toContain('helper');
  });

  it('is one process for all workers, and absent with embedded workers', async () => {
    const program = startRecorded('orphans', { config: { dir: tempDir(), manner: 'stops', workers: 3 } });
    await program.recordsOf(3, 'at work');
    await reaperOf(program);
    expect(reapersOf(program.pid)).toHaveLength(1);
    const embedded = startRecorded('orphans', {
      config: { dir: tempDir(), manner: 'stops', workerType: 'embedded' },
    });
    await embedded.record('at work');
    expect(reapersOf(embedded.pid)).toEqual([]);
  });
});
