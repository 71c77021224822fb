import { Program, sampleFolder } from './program';

interface Job {
  readonly pid: string;
  readonly what: string;
  readonly turn: string;
}

/** A record of the job, not the copy of it among the last lines of a death record. */
const RECORD = /^\d.* worker=jobs\/0 pid=(\d+): (begun|done) turn=(\d+)$/gm;
const BEGUN = /^\d.*: begun turn=/m;

/** The jobs in the order of the log, and how each ended. */
function jobsOf({ output }: Program): readonly Job[] {
  const lines = output.matchAll(RECORD);
  return [...lines].map(([, pid = '', what = '', turn = '']) => ({ pid, what, turn }));
}

const count = (program: Program, wanted: string): number =>
  jobsOf(program).filter(({ what }) => what === wanted).length;

const hasEnd = (jobs: readonly Job[], { pid, turn }: Job): boolean =>
  jobs.some((job) => job.what === 'done' && job.pid === pid && job.turn === turn);

/** Kills the process that runs a job, until one job is cut off: on a slow machine a kill may come too late. */
async function killInTheMiddle(program: Program): Promise<Job> {
  for (let kills = 1; ; kills += 1) {
    await program.waitFor(BEGUN, kills);
    process.kill(Number(jobsOf(program).at(-1)?.pid), 'SIGKILL');
    await program.waitFor(/worker jobs\/0 finished unexpectedly with signal SIGKILL/, kills);
    const jobs = jobsOf(program);
    const cut = jobs.find((job) => job.what === 'begun' && !hasEnd(jobs, job));
    if (cut) return cut;
  }
}

describe('samples/10-scheduled-jobs.ts', () => {
  afterEach(() => Program.reapAll());

  it('runs a job once beside four web workers, again after kill -9, and never two at a time', async () => {
    const env = { SERVERENGINE_PORT: '0', SERVERENGINE_EVERY_MS: '1500' };
    const program = new Program('samples/10-scheduled-jobs.ts', env, sampleFolder());
    await program.waitFor(/worker web\/\d is running/, 4);

    const cut = await killInTheMiddle(program);
    await program.waitFor(BEGUN, count(program, 'begun') + 1);
    program.signal('SIGUSR1');
    await program.waitFor(/ restart finished group=jobs replaced=1/);
    await program.waitFor(/rolling restart finished group=web replaced=4/);
    await program.waitFor(/: done turn=/, count(program, 'done') + 1);
    expect(await program.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(await program.isAllGone()).toBe(true);

    const jobs = jobsOf(program);
    const at = jobs.findIndex(({ pid, turn }) => pid === cut.pid && turn === cut.turn);
    // All jobs but the cut one are done by the process that began them, before another process begins one.
    const whole = jobs.filter((_, index) => index !== at);
    const begun = whole.filter(({ what }) => what === 'begun');
    expect(whole).toEqual(begun.flatMap((job) => [job, { ...job, what: 'done' }]));
    expect(new Set(begun.map(({ turn }) => turn)).size).toBe(begun.length);
    // By the next process, and by the one after the restart.
    expect(new Set(jobs.slice(at).map(({ pid }) => pid)).size).toBe(3);
  });
});
