import { Program } from './program';

describe('samples/01-simplest-worker.ts', () => {
  afterEach(() => Program.reapAll());

  it.each(['SIGTERM', 'SIGINT'] as const)('logs until %s, then ends with status 0', async (signal) => {
    const program = new Program('samples/01-simplest-worker.ts');
    await program.waitFor(/\[info\] .*: Awesome work!/, 2);
    expect(await program.stop(signal)).toEqual({ code: 0, signal: null });
    expect(program.output).toContain('server finished status=0');
    expect(await program.isAllGone()).toBe(true);
  });
});
