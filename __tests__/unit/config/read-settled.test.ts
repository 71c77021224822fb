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
  /** While it waits for 50 ms somebody writes, 10 ms before the end. */
  const writeMeanwhile = async (text?: string): Promise<void> => {
    await eventually(() => clock.pending === 1, 'it waits');
    if (text !== undefined) write(text, -40);
    clock.advance(50);
  };
  return { path, clock, write, writeMeanwhile };
}

describe(readSettled, () => {
  it.each([
    ['lies there for a while', 60],
    ['comes from a file server whose clock is ahead', -60_000],
  ])('reads a file that %s at once', async (_, ageMs) => {
    const { path, clock, write } = setUp();
    write('workers: 1', ageMs);
    expect(await readSettled(path, clock)).toBe('workers: 1');
  });

  it('waits until a file that was just written stays the same', async () => {
    const { path, clock, write, writeMeanwhile } = setUp();
    write('workers: 1');
    const text = readSettled(path, clock);
    await writeMeanwhile('workers: 12\nport: 80');
    await writeMeanwhile('workers: 12\nport: 8080\n');
    await writeMeanwhile();
    expect(await text).toBe('workers: 12\nport: 8080\n');
    expect(clock.pending).toBe(0);
  });

  it('gives up on a file that never comes to rest', async () => {
    const { path, clock, write, writeMeanwhile } = setUp();
    write('');
    const failed = expect(readSettled(path, clock)).rejects.toThrow('it keeps changing');
    for (let count = 1; count <= 40; count++) await writeMeanwhile('x'.repeat(count));
    await failed;
  });
});
