import { setTimeout as sleep } from 'node:timers/promises';
import { startRecorded } from '../support/recorded-program';
import { tempDir } from '../support/temp-dir';
import { byStart } from '../support/worker-start';

/** Which hook breaks, how, which signal triggers it, and the engine's configuration. */
type Case = readonly [broken: string, how: string, by?: NodeJS.Signals | undefined, config?: object];

const SUPERVISED = { supervisor: true };
const THREAD = { workerType: 'thread' };
const EMBEDDED = { workerType: 'embedded' };
const SPAWN = { workerType: 'spawn' };

const BOOT_OF_WORKER = byStart('the program is loaded in the template', {
  spawned: 'boot of worker',
  forked: 'boot of template',
});

const CASES: readonly Case[] = [
  ['config', 'hang'],
  ['config', 'hang', undefined, SUPERVISED],
  ['config again', 'hang', 'SIGUSR1'],
  ['config again', 'hang', 'SIGUSR2', SUPERVISED],
  ['Server.beforeRun', 'hang'],
  ['Server.afterRun', 'hang', 'SIGTERM'],
  ['Server.stop', 'throw', 'SIGTERM'],
  ['Server.stop', 'hang', 'SIGTERM'],
  ['Server.restart', 'hang', 'SIGUSR1'],
  ['Server.reload', 'hang', 'SIGUSR2'],
  ['Server.reloadConfig', 'throw', 'SIGUSR2'],
  ['Server.reloadConfig', 'hang', 'SIGUSR1'],
  ['Server.dump', 'hang', 'SIGCONT'],
  ['Worker.beforeFork', 'hang'],
  ['Worker.beforeFork', 'reject'],
  ['Worker.afterStart', 'hang'],
  ['Worker.afterStart', 'throw'],
  ['Worker.run', 'hang'],
  ['Worker.run', 'block'],
  ['Worker.run', 'throw'],
  ['Worker.stop', 'hang', 'SIGTERM'],
  ['Worker.stop', 'throw', 'SIGTERM'],
  ['Worker.stop', 'block', 'SIGTERM'],
  ['Worker.reload', 'hang', 'SIGUSR2'],
  ['Worker.dump', 'hang', 'SIGCONT'],
  [BOOT_OF_WORKER, 'hang'],
  [BOOT_OF_WORKER, 'block'],
  ['Worker.run', 'hang', undefined, THREAD],
  ['Worker.run', 'block', undefined, THREAD],
  ['boot of worker', 'block', undefined, THREAD],
  ['Worker.beforeFork', 'hang', undefined, EMBEDDED],
  ['Worker.run', 'hang', undefined, EMBEDDED],
  ['Worker.stop', 'reject', 'SIGTERM', EMBEDDED],
  ['Worker.spawn', 'hang', undefined, SPAWN],
  ['Server.afterStart', 'hang', undefined, SUPERVISED],
  ['Server.afterStart', 'throw', undefined, SUPERVISED],
  ['Server.beforeRun', 'hang', undefined, SUPERVISED],
  ['Server.beforeRun', 'block', undefined, SUPERVISED],
  ['Server.stop', 'throw', 'SIGTERM', SUPERVISED],
  ['boot of server', 'hang', undefined, SUPERVISED],
  ['boot of server', 'block', undefined, SUPERVISED],
];

const SHORT = {
  // Otherwise a failed start ends the engine before TERM does.
  startRetry: true,
  workerType: 'process',
  workerGracefulKillTimeout: 0.4,
  workerImmediateKillTimeout: 0.4,
  workerImmediateKillInterval: 0.1,
  serverGracefulKillTimeout: 2,
  serverImmediateKillTimeout: 0.4,
  serverImmediateKillInterval: 0.1,
};

// Long enough for a whole escalation on a busy machine.
const LONGEST_MS = 60_000;

async function endOf([broken, how, by, config]: Case): Promise<string> {
  const program = startRecorded('broken-hooks', {
    config: { ...SHORT, sigdumpDir: tempDir(), ...config, broken, how },
  });
  if (by) {
    // An embedded worker writes past the log.
    await program.waitForLine(/worker 0 is running|hook Worker\.run/);
    program.signal(by);
  }
  // A line, not a record: before the log is open, output bypasses it.
  await program.waitForLine(`hook ${broken}`);
  if (by !== 'SIGTERM') program.signal('SIGTERM');
  const end = await Promise.race([program.exited, sleep(LONGEST_MS, undefined, { ref: false })]);
  if (!end) return `not ended:\n${program.output}`;
  return end.signal ?? `${String(end.code)}, ${String(program.livePids().length)} left`;
}

describe('a hook that throws, hangs or blocks', () => {
  // Most of each case is waiting, so several run at once.
  const ABREAST = 8;

  it('never keeps a process of the tree alive after TERM', async () => {
    const ends = new Map<string, string>();
    const left = [...CASES];
    const next = async (): Promise<void> => {
      for (let one = left.shift(); one; one = left.shift())
        ends.set(JSON.stringify(one), await endOf(one).catch(String));
    };
    await Promise.all(Array.from({ length: ABREAST }, next));
    const wanted = CASES.map((one) => [JSON.stringify(one), '0, 0 left']);
    expect(Object.fromEntries(ends)).toEqual(Object.fromEntries(wanted));
  }, 300_000);
});
