import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asAsker, isLessThanUs } from '../../../src/common/as-identity';
import { reapAfterEach } from '../../support/reaping';

const UID = 4242;
const somebody = { identity: { uid: UID, gid: 4343, userName: undefined, gids: [4343, 4444] }, umask: 0o027 };

/** Read from the kernel: asking Node would set it. */
function umask(): number {
  return parseInt(/^Umask:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]!, 8);
}

const me = () => ({
  uid: process.geteuid?.(),
  gid: process.getegid?.(),
  groups: process.getgroups?.().sort(),
  umask: umask(),
});

function openDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'se-as-'));
  chmodSync(directory, 0o777);
  reapAfterEach(() => rmSync(directory, { recursive: true }));
  return directory;
}

const itAsRoot = process.geteuid?.() === 0 ? it : it.skip;

describe(asAsker, () => {
  itAsRoot('acts with the rights of the other user, and has its own afterwards', () => {
    const before = me();
    const path = join(openDirectory(), 'made');
    const during = asAsker(somebody, () => {
      writeFileSync(path, '', { mode: 0o666 });
      return me();
    });
    expect(during).toEqual({ uid: UID, gid: 4343, groups: [4343, 4444], umask: 0o027 });
    expect(statSync(path)).toMatchObject({ uid: UID, gid: 4343 });
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(me()).toEqual(before);
  });

  itAsRoot('has its own rights again when the action throws', () => {
    const before = me();
    expect(() => asAsker(somebody, () => writeFileSync('/etc/serverengine-test', ''))).toThrow('EACCES');
    expect(me()).toEqual(before);
  });

  it('acts as itself when no user is given', () => {
    const before = me();
    expect(asAsker(undefined, me)).toEqual(before);
    expect(asAsker({ identity: undefined, umask: undefined }, me)).toEqual(before);
    expect(asAsker({ identity: undefined, umask: 0o077 }, me)).toEqual({ ...before, umask: 0o077 });
    expect(me()).toEqual(before);
  });
});

describe(isLessThanUs, () => {
  itAsRoot('is a user other than root, for root', () => {
    expect(isLessThanUs(somebody)).toBe(true);
    expect(isLessThanUs({ ...somebody, identity: { ...somebody.identity, uid: 0 } })).toBe(false);
    expect(isLessThanUs({ ...somebody, identity: undefined })).toBe(false);
    expect(isLessThanUs(undefined)).toBe(false);
  });
});
