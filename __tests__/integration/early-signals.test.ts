import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { listeningPorts } from '../support/processes';
import { startRecorded, type RecordedProgram } from '../support/recorded-program';
import { tempDir } from '../support/temp-dir';

const FINE = { code: 0, signal: null };
const TWO = { workers: 2 };

/** Has loaded the package, and waits for a file before run(). */
async function loaded(config: object): Promise<RecordedProgram> {
  const program = startRecorded('early-signals', { config: { ...TWO, sigdumpDir: tempDir(), ...config } });
  await program.waitForLine('loaded');
  return program;
}

describe('a signal between the first line of the package and run()', () => {
  it('is obeyed as soon as the engine can', async () => {
    const runWhen = join(tempDir(), 'run');
    const program = await loaded({ runWhen });
    for (const signal of ['SIGUSR1', 'SIGHUP', 'SIGUSR2', 'SIGTTIN'] as const) program.signal(signal);
    writeFileSync(runWhen, '');
    await program.record('worker 2 is running');
    // The immediate restart replaces the graceful one.
    expect(program.records({ message: 'command restart', graceful: false })).toHaveLength(1);
    expect(program.records('command reload')).toHaveLength(1);
    expect(await program.stop()).toEqual(FINE);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGQUIT'] as const)(
    'starts nothing when the signal is %s',
    async (signal) => {
      const runWhen = join(tempDir(), 'run');
      const program = await loaded({ runWhen });
      program.signal(signal);
      writeFileSync(runWhen, '');
      expect(await program.exited).toEqual(FINE);
      expect(program.output).toContain(`stopped by ${signal} before it was started`);
      expect(program.workerPids()).toEqual([]);
    },
  );

  it('ends a program that never calls run() after a second', async () => {
    const program = await loaded({ never: true });
    expect(await program.stop('SIGTERM')).toEqual({ code: null, signal: 'SIGTERM' });
  });
});

describe('SIGUSR1 before the first line of the package', () => {
  const PRELOAD = `process.kill(process.pid, 'SIGUSR1');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);`;

  it.each([
    ['server', {}],
    ['supervisor', { supervisor: true }],
  ])('leaves no debugger open in a %s or below it', async (_role, config) => {
    const preload = join(tempDir(), 'signal.cjs');
    writeFileSync(preload, PRELOAD);
    const env = { NODE_OPTIONS: `--require ${preload}` };
    const program = startRecorded('early-signals', {
      config: { ...TWO, ...config, hangDiagnosis: 'off' },
      env,
    });
    await program.waitForWorkers(2);
    for (const pid of program.livePids()) expect(listeningPorts(pid)).toEqual([]);
    expect(await program.stop()).toEqual(FINE);
  });
});

describe('a signal during the last moments of an engine', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('%s does not change the exit status', async (signal) => {
    const program = startRecorded('early-signals', { config: { ...TWO } });
    await program.waitForWorkers(2);
    const storm = setInterval(() => program.signal(signal), 1);
    try {
      expect(await program.exited).toEqual(FINE);
    } finally {
      clearInterval(storm);
    }
  });
});
