import { signalPid } from '../support/processes';
import { startRecorded, type RecordedProgram } from '../support/recorded-program';
import { byStart } from '../support/worker-start';

const WORKERS = 6;
const CONFIG = { workers: WORKERS, startWorkerConcurrency: 2, restartStrategy: 'all' };

/** The greatest number of workers that were between their start and their run() at the same time. */
function mostAtOnce(program: RecordedProgram, since: number): number {
  const underWay = new Set<unknown>();
  let most = 0;
  for (const { message, fields } of program.records(/^worker \d (started|is running|finished)/, { since })) {
    // By pid: an old worker of the same id may still be ending.
    if (message.includes('started')) underWay.add(fields['pid']);
    else underWay.delete(fields['pid']);
    most = Math.max(most, underWay.size);
  }
  return most;
}

async function allRun(program: RecordedProgram, since: number): Promise<void> {
  for (let id = 0; id < WORKERS; id += 1) {
    await program.record(`worker ${id} is running`, { since });
  }
}

describe('startWorkerConcurrency', () => {
  it('limits the first start, a restart and the replacement of all workers', async () => {
    const program = startRecorded('tcp-shared', { config: CONFIG });
    await allRun(program, 0);
    expect(mostAtOnce(program, 0)).toBe(2);

    const restart = program.now;
    program.signal('SIGUSR1');
    await allRun(program, restart);
    expect(mostAtOnce(program, restart)).toBe(2);

    const death = program.now;
    for (const pid of program.workerPids()) signalPid(pid, 'SIGKILL');
    await allRun(program, death);
    expect(mostAtOnce(program, death)).toBe(2);
    expect((await program.stop()).code).toBe(0);
    await program.allGone();
  });

  it('does not delay a stop while workers wait for their start', async () => {
    const config = { workers: 2, startWorkerConcurrency: 1, hang: 'never run' };
    const program = startRecorded('boot-hangs', { config });
    await program.record(
      byStart('the first workers wait until the template has loaded the program', {
        spawned: 'worker 0 started',
        forked: { message: 'the state of the server has changed', state: 'running' },
      }),
    );
    expect((await program.stop()).code).toBe(0);
    expect(program.records('worker 1 started')).toEqual([]);
    await program.allGone();
  });
});
