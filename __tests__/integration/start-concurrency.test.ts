import { signalPid } from '../support/processes';
import { start, type Program } from '../support/program';

const WORKERS = 6;
const CONFIG = { workers: WORKERS, startWorkerConcurrency: 2, restartStrategy: 'all' };

/** The greatest number of workers that were between their start and their run() at the same time. */
function mostAtOnce(program: Program, since: number): number {
  const underWay = new Set<string>();
  let most = 0;
  for (const line of program.lines.slice(since)) {
    // By pid: an old worker of the same id may end meanwhile.
    const match = /: worker \d (started|is running|finished) .*\bpid=(\d+)/.exec(line);
    if (!match) continue;
    if (match[1] === 'started') underWay.add(match[2]!);
    else underWay.delete(match[2]!);
    most = Math.max(most, underWay.size);
  }
  return most;
}

async function allRun(program: Program, since: number): Promise<void> {
  for (let id = 0; id < WORKERS; id += 1) {
    await program.waitForLine(new RegExp(`worker ${id} is running`), { since });
  }
}

describe('startWorkerConcurrency', () => {
  it('bounds the first start, a restart and the healing of all alike', async () => {
    const program = start('tcp-shared', { config: CONFIG });
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

  it('keeps nobody from stopping while workers still wait for their start', async () => {
    const program = start('tcp-shared', { config: { workers: WORKERS, startWorkerConcurrency: 1 } });
    await program.waitForLine(/worker 0 started/);
    expect((await program.stop()).code).toBe(0);
    expect(program.matching(/worker 5 started/)).toEqual([]);
    await program.allGone();
  });
});
