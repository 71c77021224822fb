import { askLoop } from '../support/clients';
import { eventually } from '../support/eventually';
import { request } from '../support/http-clients';
import { isAlive } from '../support/processes';
import { startRecorded, type RecordedProgram } from '../support/recorded-program';
import { streamsAt } from '../support/streams';

const WORKERS = 2;

async function running(config: object) {
  const program = startRecorded('graceful-http', {
    config: { workers: WORKERS, workerType: 'process', ...config },
  });
  const port = await program.port();
  await program.waitForWorkers(WORKERS);
  return { program, port };
}

async function restarted(program: RecordedProgram, generation: number): Promise<void> {
  program.signal('SIGUSR1');
  await program.recordsOf(WORKERS, { message: ' is running', generation });
}

describe('answers that never end', () => {
  it.each([{}, { restartStrategy: 'all' }])(
    'do not hold up a restart, and continue until their worker ends: %j',
    async (config) => {
      const { program, port } = await running(config);
      const old = program.workerPids();
      const streams = await streamsAt(port, old);
      const load = askLoop(async () => (await request(port, '/')).body);
      await restarted(program, 2);
      await restarted(program, 3);
      await program.recordsOf(WORKERS, { message: /worker \d lingers/, generation: 1 });
      const counts = streams.map(({ chunks }) => chunks);
      await eventually(
        () => streams.every(({ chunks, isOpen }, index) => isOpen && chunks > counts[index]!),
        'every stream goes on',
      );
      expect(old.every((pid) => isAlive(pid))).toBe(true);
      const { answered, failures } = await load.finish();
      expect(failures).toEqual([]);
      expect(answered).toBeGreaterThan(5);
      expect((await program.stop('SIGQUIT')).code).toBe(0);
      await program.allGone();
    },
  );

  it('end with the escalation of their worker, and a lingering worker may be killed or stopped', async () => {
    const { program, port } = await running({ workerGracefulKillTimeout: '1500ms' });
    const old = program.workerPids();
    await streamsAt(port, old);
    await restarted(program, 2);
    process.kill(old[0]!, 'SIGKILL');
    await program.record({ message: 'worker 0 finished with signal SIGKILL', reason: 'restart' });
    await program.record({ message: 'worker 1 finished with signal SIGQUIT', reason: 'graceful_timeout' });
    expect((await request(port, '/')).body).toMatch(/^\d+$/);
    expect(program.livePids().length).toBeGreaterThanOrEqual(1 + WORKERS);
    expect((await program.stop()).code).toBe(0);
    await program.allGone();
  });
});
