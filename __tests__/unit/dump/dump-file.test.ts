import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { appendDump, DumpRefused, LARGEST_BYTES, whyNotOurs } from '../../../src/dump/dump-file';
import { reapAfterEach } from '../../support/reaping';
import { tempDir } from '../../support/temp-dir';

const isRoot = process.geteuid?.() === 0;

function place(): { dir: string; path: string } {
  const dir = tempDir();
  return { dir, path: join(dir, 'sigdump-1.log') };
}

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe(appendDump, () => {
  it('creates a file that only its owner may read, and appends every dump', () => {
    const { path } = place();
    appendDump(path, 'first\n');
    appendDump(path, 'second\n');
    expect(readFileSync(path, 'utf8')).toBe('first\nsecond\n');
    expect(modeOf(path)).toBe('600');
  });

  it.each([0o000, 0o077, 0o777])('does so under any umask, for example %o', (mask) => {
    const { path } = place();
    const before = process.umask(mask);
    reapAfterEach(() => void process.umask(before));
    appendDump(path, 'dump');
    expect(modeOf(path)).toBe('600');
  });

  it('makes our file private when others may read it', () => {
    const { path } = place();
    writeFileSync(path, 'old\n');
    chmodSync(path, 0o644);
    appendDump(path, 'new\n');
    expect(modeOf(path)).toBe('600');
    expect(readFileSync(path, 'utf8')).toBe('old\nnew\n');
  });

  it('starts again when the file is larger than 10 MB', () => {
    const { path } = place();
    writeFileSync(path, '');
    chmodSync(path, 0o600);
    truncateSync(path, LARGEST_BYTES);
    appendDump(path, 'appended');
    expect(statSync(path).size).toBe(LARGEST_BYTES + 8);
    appendDump(path, 'anew');
    expect(readFileSync(path, 'utf8')).toBe('anew');
  });

  describe('refuses', () => {
    it('a symbolic link, and leaves its target unchanged', () => {
      const { dir, path } = place();
      const target = join(dir, 'precious');
      writeFileSync(target, 'precious');
      symlinkSync(target, path);
      expect(() => appendDump(path, 'dump')).toThrow('there is a symbolic link');
      expect(readFileSync(target, 'utf8')).toBe('precious');
    });

    it('a symbolic link to nothing, and creates nothing there', () => {
      const { dir, path } = place();
      symlinkSync(join(dir, 'new'), path);
      expect(() => appendDump(path, 'dump')).toThrow('there is a symbolic link');
      expect(existsSync(join(dir, 'new'))).toBe(false);
    });

    it('a hard link, and leaves the file unchanged', () => {
      const { dir, path } = place();
      const target = join(dir, 'precious');
      writeFileSync(target, 'precious', { mode: 0o600 });
      linkSync(target, path);
      expect(() => appendDump(path, 'dump')).toThrow('there is a hard link to another file');
      expect(readFileSync(target, 'utf8')).toBe('precious');
    });

    it('a FIFO, with or without a reader, and does not wait for one', () => {
      const { path } = place();
      execFileSync('sh', ['-c', 'mkfifo "$0"', path]);
      expect(() => appendDump(path, 'dump')).toThrow('there is a FIFO or a socket');
      const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      reapAfterEach(() => closeSync(reader));
      expect(() => appendDump(path, 'dump')).toThrow('there is something that is not a regular file');
    });

    it('a socket', async () => {
      const { path } = place();
      const server = createServer();
      reapAfterEach(() => void server.close());
      await new Promise<void>((resolve) => server.listen(path, resolve));
      expect(() => appendDump(path, 'dump')).toThrow('there is a FIFO or a socket');
    });

    it('a directory', () => {
      const { path } = place();
      mkdirSync(path);
      expect(() => appendDump(path, 'dump')).toThrow('there is a directory');
    });

    it.each([0o620, 0o602, 0o666])('a file that others may write to (%o)', (mode) => {
      const { path } = place();
      writeFileSync(path, 'theirs too');
      chmodSync(path, mode);
      expect(() => appendDump(path, 'dump')).toThrow('there is a file that others may write to');
      expect(readFileSync(path, 'utf8')).toBe('theirs too');
    });

    (isRoot ? it : it.skip)('a file of another user', () => {
      const { path } = place();
      writeFileSync(path, 'theirs', { mode: 0o600 });
      chownSync(path, 12345, 12345);
      expect(() => appendDump(path, 'dump')).toThrow('there is a file of another user (12345)');
      expect(readFileSync(path, 'utf8')).toBe('theirs');
    });

    it("a missing directory, with the system's message", () => {
      const path = join(tempDir(), 'no', 'sigdump-1.log');
      expect(() => appendDump(path, 'dump')).toThrow(/^ENOENT/);
    });
  });

  it('leaves no descriptor open, whether it writes or refuses', () => {
    const { dir, path } = place();
    const link = join(dir, 'link');
    symlinkSync(path, link);
    const free = openSync('/dev/null', 'r');
    closeSync(free);
    appendDump(path, 'dump');
    chmodSync(path, 0o666);
    for (const refused of [path, link, dir]) expect(() => appendDump(refused, 'dump')).toThrow(DumpRefused);
    const next = openSync('/dev/null', 'r');
    closeSync(next);
    expect(next).toBe(free);
  });
});

describe(whyNotOurs, () => {
  const own = { isFile: () => true, uid: 1000, mode: 0o100600, nlink: 1 };

  it.each([
    [{}, undefined],
    [{ mode: 0o100644 }, undefined],
    [{ uid: 0 }, 'there is a file of another user (0)'],
    [{ mode: 0o100660 }, 'there is a file that others may write to'],
    [{ nlink: 2 }, 'there is a hard link to another file'],
    [{ nlink: 0 }, 'the file was removed a moment ago'],
    [{ isFile: () => false }, 'there is something that is not a regular file'],
  ])('%j: %s', (what, reason) => {
    expect(whyNotOurs({ ...own, ...what }, 1000)).toBe(reason);
  });

  it('checks only the kind on systems without owners', () => {
    expect(whyNotOurs({ ...own, mode: 0o100666 }, undefined)).toBeUndefined();
  });
});
