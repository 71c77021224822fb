import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { isZombie, startTicks } from '../../../src/common/proc-stat';
import { AdoptedChildren } from '../../../src/forking/adopted-children';
import { loadNative, type NativeForks } from '../../../src/forking/native';
import { FakeClock } from '../../../src/testing/fake-clock';

const MINUTE = 60_000;
const loading = loadNative();
const describeNative =
  'native' in loading && existsSync(`/proc/self/task/${process.pid}/children`) ? describe : describe.skip;

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Loses its parent at once. Ends when its standard input does. */
async function orphan(): Promise<{ readonly pid: number; end(): void }> {
  const parent = spawn('/bin/sh', ['-c', 'cat <&3 >/dev/null 2>&1 & echo $!'], {
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
  });
  const [line] = (await once(parent.stdout!, 'data')) as [Buffer];
  await once(parent, 'exit');
  return { pid: Number(line), end: () => parent.stdio[3]!.destroy() };
}

describeNative('processes that are adopted by accident', () => {
  const { native } = loading as { readonly native: NativeForks };

  function watched() {
    const clock = new FakeClock();
    return { clock, adopted: new AdoptedChildren({ native, clock }) };
  }

  it('are collected a minute after they were seen as zombies, and not while they live', async () => {
    const { clock, adopted } = watched();
    const end = adopted.begin();
    native.adopt(1);
    const [one, other] = [await orphan(), await orphan()];
    native.adopt(0);
    end();
    one.end();
    await until(() => isZombie(one.pid));
    clock.advance(MINUTE);
    expect(isZombie(one.pid)).toBe(true);
    clock.advance(MINUTE);
    expect([startTicks(one.pid), startTicks(other.pid) === undefined]).toEqual([undefined, false]);

    other.end();
    await until(() => isZombie(other.pid));
    clock.advance(2 * MINUTE);
    expect(startTicks(other.pid)).toBeUndefined();
  });

  it('are no children that this process had before, or gets later', async () => {
    const { clock, adopted } = watched();
    native.adopt(1);
    const before = await orphan();
    const end = adopted.begin();
    const known = await orphan();
    end(known.pid);
    const after = await orphan();
    native.adopt(0);
    const all = [before, known, after];
    for (const one of all) one.end();
    await until(() => all.every(({ pid }) => isZombie(pid)));
    clock.advance(5 * MINUTE);
    expect(all.map(({ pid }) => isZombie(pid))).toEqual([true, true, true]);
    for (const { pid } of all) expect(native.reap(pid)).toEqual([0, 0]);
  });

  it('leave alone what Node waits for, even if it was started in the same moment', async () => {
    const { clock, adopted } = watched();
    const end = adopted.begin();
    const child = spawn('/bin/sh', ['-c', 'exit 3']);
    end();
    // Without a turn of the event loop, in which Node would wait for it.
    while (!isZombie(child.pid!)) continue;
    clock.advance(MINUTE);
    expect(await once(child, 'exit')).toEqual([3, null]);
    clock.advance(MINUTE);
    expect(clock.pending).toBe(0);
  });

  it('are not looked for where the system does not list children', () => {
    const clock = new FakeClock();
    const adopted = new AdoptedChildren({ native, clock, list: () => undefined });
    adopted.begin()(1);
    expect(clock.pending).toBe(0);
  });
});
