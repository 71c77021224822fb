import { spawn } from 'node:child_process';
import { ProgramFigures } from '../../../src/launch/program-figures';
import { FakeClock } from '../../../src/testing/fake-clock';

describe(ProgramFigures, () => {
  it('reads the memory of a program while it lives, no more often than it changes, and keeps the last value', () => {
    const clock = new FakeClock();
    const read = jest.fn((): number | undefined => 100);
    let isAlive = true;
    const figures = new ProgramFigures(7, () => isAlive, clock, read);
    expect([figures.read(), figures.read()]).toEqual([{ rssBytes: 100 }, { rssBytes: 100 }]);
    expect(read.mock.calls).toEqual([[7]]);
    clock.advance(100);
    read.mockReturnValue(200);
    expect(figures.read()).toEqual({ rssBytes: 200 });
    clock.advance(100);
    read.mockReturnValue(undefined);
    expect(figures.read()).toEqual({ rssBytes: 200 });
    isAlive = false;
    clock.advance(100);
    expect(figures.read()).toEqual({ rssBytes: 200 });
    expect(read).toHaveBeenCalledTimes(3);
  });

  it('reads the memory of a real program, and nothing for one that was never started', async () => {
    const child = spawn('/bin/cat', { stdio: ['pipe', 'pipe', 'ignore'] });
    child.stdin.write('here');
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const clock = new FakeClock();
    expect(new ProgramFigures(child.pid, () => true, clock).read().rssBytes).toBeGreaterThan(100_000);
    expect(new ProgramFigures(undefined, () => false, clock).read()).toEqual({ rssBytes: undefined });
    child.stdin.end();
    await new Promise((resolve) => child.once('exit', resolve));
  });
});
