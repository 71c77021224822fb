import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeClock } from '../../../src/testing/fake-clock';
import { readSettled } from '../../../src/config/read-settled';
import { eventually } from '../../support/eventually';
import { tempDir } from '../../support/temp-dir';

function setUp() {
  const path = join(tempDir(), 'server.yml');
  const clock = new FakeClock();
  const write = (text: string, ageMs = 0): void => {
    writeFileSync(path, text);
    const seconds = (clock.wallTime() - ageMs) / 1000;
    utimesSync(path, seconds, seconds);
  };
  /** During a wait of 50 ms, another process writes 10 ms before its end. */
  const writeMeanwhile = async (text?: string): Promise<void> => {
    await eventually(() => clock.pending === 1, 'it waits');
    if (text !== undefined) write(text, -40);
    clock.advance(50);
  };
  return { path, clock, write, writeMeanwhile };
}

describe(readSettled, () => {
  it.each([
    ['has been there for a while', 60],
    ['comes from a file server with a fast clock', -60_000],
  ])('reads a file at once that %s', async (_, ageMs) => {
    const { path, clock, write } = setUp();
    write('workers: 1', ageMs);
    expect(await readSettled(path, clock)).toBe('workers: 1');
  });

  it('waits until a freshly written file no longer changes', async () => {
    const { path, clock, write, writeMeanwhile } = setUp();
    write('workers: 1');
    const text = readSettled(path, clock);
    await writeMeanwhile('workers: 12\nport: 80');
    await writeMeanwhile('workers: 12\nport: 8080\n');
    await writeMeanwhile();
    expect(await text).toBe('workers: 12\nport: 8080\n');
    expect(clock.pending).toBe(0);
  });

  it('gives up on a file that keeps changing', async () => {
    const { path, clock, write, writeMeanwhile } = setUp();
    write('');
    const failed = expect(readSettled(path, clock)).rejects.toThrow('it keeps changing');
    for (let count = 1; count <= 40; count++) await writeMeanwhile('x'.repeat(count));
    await failed;
  });
});
