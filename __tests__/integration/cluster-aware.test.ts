import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseRecord } from '../support/log-records';
import { startRecorded } from '../support/recorded-program';
import { tempDir } from '../support/temp-dir';

const SINGLE = { isPrimary: true, isWorker: false, workers: {} };

function seenBy(line: string): unknown {
  return JSON.parse(line.slice(line.indexOf('{')));
}

describe('a library that checks for node:cluster', () => {
  it.each([
    ['a worker', { workerType: 'process', workers: 2 }],
    ['a server under a supervisor', { workerType: 'embedded', supervisor: true, workers: 1 }],
  ])('sees a single process, and its sockets are shared: in %s', async (_where, config) => {
    const program = startRecorded('cluster-aware', { config: { ...config, forks: true } });
    const { workers: count } = config;
    expect(seenBy((await program.record('worker sees')).message)).toEqual({
      ...SINGLE,
      fork: 'ERR_WRONG_PROCESS',
    });
    const ports = await program.recordsOf(count, { message: 'listening', port: /\d/ });
    // As in node:cluster, only a shared port 0 is the same for all workers.
    expect(new Set(ports.map(({ fields }) => fields['port'])).size).toBe(1);
    program.signal('SIGUSR2');
    await program.recordsOf(count, 'reloaded');
    expect(await program.stop()).toEqual({ code: 0, signal: null });
    expect(program.records(/came to the program|ignored/)).toEqual([]);
  });

  it('can send its own ready message without confusing the engine', async () => {
    const config = {
      workerType: 'process',
      workers: 2,
      restartStrategy: 'rolling',
      // Long enough for the replacement to send its message on a busy machine.
      workerReadyTimeout: '6s',
    };
    const program = startRecorded('cluster-aware', { config });
    await program.recordsOf(2, { message: 'listening', port: /\d/ });
    const before = program.workerPids();
    program.setConfig({ ...config, lies: true });
    program.signal('SIGUSR1');
    await program.record({ message: 'rolling restart halted', why: /its replacement was not ready/ });
    const warnings = program.records('sent a message with process.send(), which is ignored');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]!.fields['type']).toBe('ready');
    expect(program.livePids()).toEqual(expect.arrayContaining(before));
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });

  it('sees no IPC channel in a daemon, where a send would end it after the launcher has left', async () => {
    const log = join(tempDir(), 'log');
    const program = startRecorded('cluster-aware', {
      config: { workerType: 'embedded', daemonize: true, log },
    });
    expect(await program.exited).toEqual({ code: 0, signal: null });
    const lines = readFileSync(log, 'utf8').split('\n');
    expect(seenBy(parseRecord(lines.find((line) => line.includes('server sees')) ?? '')!.message)).toEqual(
      SINGLE,
    );
  });
});
