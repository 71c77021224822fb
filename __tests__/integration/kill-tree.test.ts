import { isAlive, signalPid } from '../support/processes';
import { startRecorded, type RecordedProgram } from '../support/recorded-program';
import { eventually } from '../support/eventually';

/**
 * A shell with two children: one obeys TERM and prints that, the other ignores it. The shell ends when the first has.
 */
const SCRIPT = `
  sh -c 'trap "echo plain got TERM; exit" TERM; echo plain $$; while :; do sleep 0.05; done' &
  plain=$!
  sh -c 'trap "" TERM; echo stubborn $$; while :; do sleep 0.05; done' &
  trap 'wait "$plain"; exit 0' TERM
  echo leader $$
  while :; do sleep 0.05; done`;

const ofNobody = process.getuid?.() === 0 ? { workerChuser: 'nobody' } : {};

async function family(program: RecordedProgram, since = 0): Promise<Record<string, number>> {
  const named = await Promise.all(
    ['leader', 'plain', 'stubborn'].map(async (name) => {
      const { message } = await program.record(new RegExp(`^${name} \\d+`), { since });
      return [name, Number(message.split(' ')[1])] as const;
    }),
  );
  return Object.fromEntries(named);
}

describe('a spawn worker with killTree', () => {
  it('ends together with its children: on death, on restart, and when its server is killed with -9', async () => {
    const config = { command: 'sh', args: ['-c', SCRIPT], killTree: true, ...ofNobody };
    const program = startRecorded('spawn-program', { config });
    const first = await family(program);
    let since = program.now;
    signalPid(first['leader']!, 'SIGKILL');
    const death = await program.record('worker 0 finished unexpectedly with signal SIGKILL', { since });
    // Each of them also runs a sleep now and then.
    expect(Number(death.fields['leftProcesses'])).toBeGreaterThanOrEqual(2);
    await eventually(() => !Object.values(first).some(isAlive), 'nobody of the first family is left');

    const second = await family(program, since);
    since = program.now;
    program.signal('SIGUSR1');
    await program.record('plain got TERM', { since });
    const { fields } = await program.record('worker 0 finished with status 0', { since });
    expect(Number(fields['leftProcesses'])).toBeGreaterThanOrEqual(1);
    await eventually(() => !Object.values(second).some(isAlive), 'nobody of the second family is left');

    await family(program, since);
    program.signal('SIGKILL');
    await program.allGone();
  });

  it('spares a process that has started its own session', async () => {
    const script = `setsid sh -c 'echo apart $$; exec sleep 60' & trap 'exit 0' TERM; while :; do sleep 0.05; done`;
    const program = startRecorded('spawn-program', {
      config: { command: 'sh', args: ['-c', script], killTree: true },
    });
    const { message } = await program.record(/^apart \d+/);
    const apart = Number(message.split(' ')[1]);
    expect(await program.stop()).toEqual({ code: 0, signal: null });
    expect(isAlive(apart)).toBe(true);
    signalPid(apart, 'SIGKILL');
  });
});
