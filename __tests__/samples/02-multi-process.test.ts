import { Program } from './program';

describe('samples/02-multi-process.ts', () => {
  afterEach(() => Program.reapAll());

  it('logs from four workers, and each ends once after Ctrl-C', async () => {
    const program = new Program('samples/02-multi-process.ts');
    for (const id of [0, 1, 2, 3])
      await program.waitFor(new RegExp(`worker=${id} pid=\\d+: Awesome work! round=1`));
    expect(await program.pressCtrlC()).toEqual({ code: 0, signal: null });
    expect(program.output.match(/: stopping rounds=/g)).toHaveLength(4);
    expect(await program.isAllGone()).toBe(true);
  });

  it('replaces a worker after kill -9', async () => {
    const program = new Program('samples/02-multi-process.ts');
    const [line] = await program.waitFor(/worker=1 pid=(\d+): Awesome work!/);
    process.kill(Number(line?.[1]), 'SIGKILL');
    await program.waitFor(/\[error\] .*worker 1 finished unexpectedly with signal SIGKILL/);
    await program.waitFor(/worker 1 started workerId=1 pid=\d+ generation=2/);
    await program.waitFor(/worker=1 pid=\d+: Awesome work! round=0/, 2);
    expect(await program.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(await program.isAllGone()).toBe(true);
  });
});
