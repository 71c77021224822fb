import { spawn } from 'node:child_process';
import { zombiesOf } from '../../../src/common/proc-stat';
import { FakeClock } from '../../../src/testing/fake-clock';
import { watchZombies } from '../../../src/watch/watch-zombies';
import { eventually } from '../../support/eventually';
import { reapAfterEach } from '../../support/reaping';

const MINUTE_MS = 60_000;

describe(watchZombies, () => {
  it('warns at ten, and then only when their number has doubled', async () => {
    const clock = new FakeClock();
    const warned: number[] = [];
    const warn = (sentence: string, { zombies: count }: { readonly zombies: number }): void => {
      expect(sentence).toMatch(/stay as zombies.* run an init as process 1/);
      warned.push(count);
    };
    let zombies: number | undefined = 0;
    const watch = watchZombies({ clock, warn, count: () => zombies });
    for (zombies of [9, 10, 19, 20, 45, 12]) clock.advance(MINUTE_MS);
    expect(warned).toEqual([10, 20, 45]);
    await watch.close();
    zombies = 1000;
    clock.advance(MINUTE_MS);
    expect(warned).toHaveLength(3);
  });

  it('stops where the system does not report zombies', () => {
    const clock = new FakeClock();
    let looks = 0;
    const count = (): undefined => void (looks += 1);
    watchZombies({ clock, warn: () => undefined, count });
    clock.advance(10 * MINUTE_MS);
    expect(looks).toBe(1);
  });
});

(process.platform === 'linux' ? describe : describe.skip)(zombiesOf, () => {
  it('counts ended children that were not collected, and no live ones', async () => {
    // sleep does not wait for the two children that it inherits from the shell.
    const parent = spawn('sh', ['-c', 'true & sleep 60 & exec sleep 60'], {
      detached: true,
      stdio: 'ignore',
    });
    const { pid = NaN } = parent;
    const ended = new Promise((resolve) => parent.once('close', resolve));
    reapAfterEach(async () => {
      process.kill(-pid, 'SIGKILL');
      await ended;
    });
    expect(await eventually(() => zombiesOf(pid) === 1 && zombiesOf(pid), 'one zombie')).toBe(1);
    expect(zombiesOf(process.pid)).toBe(0);
  });
});
