import { appendFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { FollowedFile, startOfLast } from '../../../src/cli/follow-file';
import { reapAfterEach } from '../../support/reaping';
import { tempDir } from '../../support/temp-dir';

function setUp(text: string) {
  const path = join(tempDir(), 'app.log');
  writeFileSync(path, text);
  const file = new FollowedFile(path);
  reapAfterEach(() => file.close());
  return { path, file };
}

describe(FollowedFile, () => {
  it('starts with the last lines and continues with new ones, only complete lines', () => {
    const { path, file } = setUp('1\n2\n3\n');
    expect(file.last(2)).toEqual(['2', '3']);
    appendFileSync(path, '4\nha');
    expect(file.next()).toEqual(['4']);
    appendFileSync(path, 'lf\n');
    expect(file.next()).toEqual(['half']);
    expect(file.next()).toEqual([]);
  });

  it('loses nothing when several rotations happen between two reads', () => {
    const { path, file } = setUp('1\n');
    expect(file.last(10)).toEqual(['1']);
    appendFileSync(path, '2\n');
    renameSync(path, `${path}.0`);
    writeFileSync(path, '3\n');
    renameSync(`${path}.0`, `${path}.1`);
    renameSync(path, `${path}.0`);
    expect(file.next()).toEqual(['2']);
    writeFileSync(path, '4\n');
    expect(file.next()).toEqual(['3', '4']);
  });

  it.each(['before', 'after'])('loses nothing of a rotation that happens %s it opens a file', (when) => {
    const { path, file } = setUp('1\n');
    expect(file.last(10)).toEqual(['1']);
    renameSync(path, `${path}.0`);
    writeFileSync(path, '2\n');
    const fs = jest.requireActual<typeof import('node:fs')>('node:fs');
    const { openSync } = fs;
    const opening = jest.spyOn(fs, 'openSync').mockImplementationOnce((...args) => {
      const rotate = (): void => {
        renameSync(`${path}.0`, `${path}.1`);
        renameSync(path, `${path}.0`);
        writeFileSync(path, '3\n');
      };
      if (when === 'before') rotate();
      const fd = openSync(...args);
      if (when === 'after') rotate();
      return fd;
    });
    try {
      expect([...file.next(), ...file.next()]).toEqual(['2', '3']);
      expect(opening).toHaveBeenCalled();
    } finally {
      opening.mockRestore();
    }
  });

  it('continues with the file of the next day, and from the start of a truncated or recreated file', () => {
    const folder = tempDir();
    const path = join(folder, 'app.log');
    writeFileSync(`${path}.2026-11-22`, '1\n');
    symlinkSync(`${path}.2026-11-22`, path);
    const file = new FollowedFile(path);
    reapAfterEach(() => file.close());
    expect(file.last(10)).toEqual(['1']);
    appendFileSync(`${path}.2026-11-22`, '2\n');
    writeFileSync(`${path}.2026-11-23`, '3\n');
    rmSync(path);
    expect(file.next()).toEqual(['2']);
    symlinkSync(`${path}.2026-11-23`, path);
    expect(file.next()).toEqual(['3']);
    truncateSync(`${path}.2026-11-23`, 0);
    expect(file.next()).toEqual([]);
    appendFileSync(path, '4\n');
    expect(file.next()).toEqual(['4']);
  });
});

describe(startOfLast, () => {
  it('is the offset of the last lines, in any kind of file', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom('a', 'bc') })),
        fc.boolean(),
        fc.nat(6),
        (lines, isOpen, count) => {
          const text = lines.join('\n') + (isOpen || lines.length === 0 ? '' : '\n');
          const bytes = Buffer.from(text);
          const from = startOfLast(count, bytes.length, (at, buffer) => bytes.copy(buffer, 0, at));
          const whole = text === '' ? [] : text.replace(/\n$/, '').split('\n');
          const wanted = count === 0 ? [] : whole.slice(-count);
          expect(text.slice(from).replace(/\n$/, '')).toBe(wanted.join('\n'));
        },
      ),
    );
  });

  it('searches a file in chunks', () => {
    const bytes = Buffer.from(`${'x'.repeat(200_000)}\nlast\n`);
    const read = (at: number, buffer: Buffer): number => bytes.copy(buffer, 0, at);
    expect(startOfLast(1, bytes.length, read)).toBe(200_001);
    expect(startOfLast(2, bytes.length, read)).toBe(0);
  });
});
