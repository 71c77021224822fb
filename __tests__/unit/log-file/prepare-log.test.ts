import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Identity } from '../../../src/common/identity';
import { prepareLog } from '../../../src/log-file/prepare-log';
import { PidFile } from '../../../src/supervisor/pid-file';
import { makeFifo } from '../../support/fifo';
import { tempDir } from '../../support/temp-dir';

const NOBODY = 65534;
const nobody: Identity = { uid: NOBODY, gid: NOBODY, userName: 'nobody', gids: [NOBODY] };

/** A folder that only root may write to, and one of the target user. Both can be entered. */
function folders(): { readonly roots: string; readonly theirs: string } {
  const dir = tempDir();
  chmodSync(dir, 0o755);
  const [roots, theirs] = [join(dir, 'roots'), join(dir, 'theirs')];
  mkdirSync(roots);
  mkdirSync(theirs);
  chownSync(theirs, NOBODY, NOBODY);
  return { roots, theirs };
}

function link(target: string, path: string, uid: number): void {
  symlinkSync(target, path);
  lchownSync(path, uid, uid);
}

function problemOf(act: () => unknown): string {
  try {
    act();
    return 'none';
  } catch (error) {
    return (error as Error).message;
  }
}

const prepare = (path: string): string => problemOf(() => prepareLog(path, 0o640, nobody));
const ownerOf = (path: string): number => statSync(path).uid;
const whoWeAre = () => ({
  uid: process.geteuid?.(),
  gid: process.getegid?.(),
  groups: process.getgroups?.(),
});

(process.geteuid?.() === 0 ? describe : describe.skip)('root that becomes somebody else', () => {
  const before = whoWeAre();

  // A process that kept another identity would break later tests.
  afterEach(() => expect(whoWeAre()).toEqual(before));

  describe('and its log', () => {
    it("is created with the user's rights in the user's folder, and handed over in root's folder", () => {
      const { roots, theirs } = folders();
      for (const folder of [roots, theirs]) {
        const path = join(folder, 'app.log');
        expect(prepare(path)).toBe('none');
        expect({ owner: ownerOf(path), mode: statSync(path).mode & 0o777 }).toEqual({
          owner: NOBODY,
          mode: 0o640,
        });
        expect(prepare(path)).toBe('none');
      }
    });

    it('is handed over when root has created it in a folder of root', () => {
      const { roots } = folders();
      writeFileSync(join(roots, 'real.log'), 'old\n', { mode: 0o600 });
      link('real.log', join(roots, 'app.log'), 0);
      expect(prepare(join(roots, 'app.log'))).toBe('none');
      expect(ownerOf(join(roots, 'real.log'))).toBe(NOBODY);
    });

    it.each([
      ['symbolic', (target: string, path: string) => link(target, path, NOBODY), /EACCES|symbolic link/],
      ['hard', (target: string, path: string) => linkSync(target, path), /hard link to another file/],
      [
        'symbolic, of root',
        (target: string, path: string) => link(target, path, 0),
        /symbolic link \(app.log\) of user 0|EACCES/,
      ],
    ])("in the user's folder is not the target of a link: %s", (_, lay, why) => {
      const { roots, theirs } = folders();
      const precious = join(roots, 'precious');
      writeFileSync(precious, 'precious', { mode: 0o600 });
      lay(precious, join(theirs, 'app.log'));
      expect(prepare(join(theirs, 'app.log'))).toMatch(why);
      expect({ owner: ownerOf(precious), text: readFileSync(precious, 'utf8') }).toEqual({
        owner: 0,
        text: 'precious',
      });
    });

    it("is not handed over when it is a file of root in another user's folder: the error names the cure", () => {
      const { theirs } = folders();
      const path = join(theirs, 'app.log');
      writeFileSync(path, '', { mode: 0o600 });
      expect(prepare(path)).toMatch(/there is a file of user 0, in a folder that users other .*\(chown\)/);
      expect(ownerOf(path)).toBe(0);
    });

    it('is not opened when it is not a file: the reader of a FIFO would see it end', () => {
      const { theirs } = folders();
      expect(prepare(makeFifo(join(theirs, 'fifo')))).toBe('none');
      expect(prepare('/dev/stdout')).toBe('none');
    });
  });

  it.each([
    ['log', (path: string) => prepare(path)],
    ['pid file', (path: string) => problemOf(() => new PidFile(path, { identity: nobody }))],
  ])('a link does not redirect the %s into a folder of root', (_, act) => {
    const { roots, theirs } = folders();
    link(roots, join(theirs, 'way'), NOBODY);
    expect(act(join(theirs, 'way', 'file'))).toMatch(
      /there is a symbolic link \(way\) of user 65534, which root does not follow/,
    );
    expect(readdirSync(roots)).toEqual([]);
  });

  it('links of root are followed on the way', () => {
    const { roots } = folders();
    mkdirSync(join(roots, 'run'));
    link('../roots/./run', join(roots, 'var'), 0);
    expect(prepare(join(roots, 'var', 'app.log'))).toBe('none');
    expect(existsSync(join(roots, 'run', 'app.log'))).toBe(true);
  });

  it('the pid file is created by that user where allowed, otherwise file and lock are handed over', () => {
    const { roots, theirs } = folders();
    for (const folder of [roots, theirs]) {
      const path = join(folder, 'my.pid');
      const pidFile = new PidFile(path, { identity: nobody });
      expect([ownerOf(path), ownerOf(`${path}.lock`)]).toEqual([NOBODY, NOBODY]);
      expect(readFileSync(path, 'utf8')).toBe(`${String(process.pid)}\n`);
      pidFile.remove();
      expect(readdirSync(folder)).toEqual([]);
    }
  });
});
