import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, chmodSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findGroup, findUser, groupsOf, parseGroups, parseUsers } from '../../../src/common/accounts';
import { isServerEngineError } from '../../../src/common/errors';
import { resolveIdentity, type IdentityRequest } from '../../../src/common/resolve-identity';
import { bundled } from '../../support/bundled';

interface Result {
  readonly ids: readonly number[];
  readonly groups: readonly number[];
  readonly umask: number;
  readonly canRegain: readonly boolean[];
  readonly error?: { readonly name: string; readonly code: string; readonly message: string };
}

const request = (user?: string, group?: string): IdentityRequest => ({
  user,
  group,
  userKey: 'chuser',
  groupKey: 'chgroup',
});

function run(task: Readonly<Record<string, unknown>>, under: readonly string[] = []): Result {
  const program = [process.execPath, bundled(join(__dirname, 'programs', 'identity.ts'))];
  const [command, ...args] = [...under, ...program, JSON.stringify(task)];
  return JSON.parse(execFileSync(command, args, { encoding: 'utf8' })) as Result;
}

function messageFor(wanted: IdentityRequest): string {
  try {
    resolveIdentity(wanted);
  } catch (error) {
    if (!isServerEngineError(error)) throw error;
    expect([error.name, error.code]).toEqual(['ConfigError', 'ERR_CONFIG_INVALID']);
    return error.message;
  }
  throw new Error('resolveIdentity found what is not there');
}

const isRoot = process.getuid?.() === 0;
const nobody = findUser('nobody')!;
const daemon = findUser('daemon')!;
// A user other than our own.
const other = process.getuid?.() === nobody.uid ? 'daemon' : 'nobody';
const NOT_ROOT =
  /^chuser: only root may change the user or group of a process, got '\w+' in a process of user number \d+\. /;

describe(resolveIdentity, () => {
  it('is undefined when no key is set', () => expect(resolveIdentity(request())).toBeUndefined());

  it('throws for an unknown user or group, with the key, the value and the cure', () => {
    expect(messageFor(request('no-such-user'))).toBe(
      "chuser must be the name or number of a user of this system, got 'no-such-user'. Correct it, or add the user (see /etc/passwd).",
    );
    expect(messageFor({ ...request('nobody', 'no-such-group'), groupKey: 'workerChgroup' })).toBe(
      "workerChgroup must be the name or number of a group of this system, got 'no-such-group'. Correct it, or add the group (see /etc/group).",
    );
    expect(messageFor(request('-u'))).toContain("got '-u'");
  });

  it('requires a group for a user number without an entry', () => {
    expect(messageFor(request('54321'))).toBe(
      'chuser: user number 54321 has no entry in /etc/passwd, so its group is not known. Give chgroup too.',
    );
  });

  it('finds users and groups by name and number, or requires root', () => {
    const wanted = request(String(nobody.uid), 'daemon');
    if (!isRoot) {
      expect(messageFor(wanted)).toMatch(NOT_ROOT);
      return;
    }
    const expected = { uid: nobody.uid, gid: daemon.gid, userName: 'nobody', gids: [nobody.gid] };
    expect(resolveIdentity(wanted)).toEqual(expected);
    expect(resolveIdentity(request('nobody', String(daemon.gid)))).toEqual(expected);
    expect(resolveIdentity(request('54321', '54322'))).toEqual({
      uid: 54321,
      gid: 54322,
      userName: undefined,
      gids: [54322],
    });
    expect(resolveIdentity(request(undefined, 'daemon'))).toEqual({
      uid: undefined,
      gid: daemon.gid,
      userName: undefined,
      gids: undefined,
    });
  });

  it('requires root, or that the process already runs as that user', () => {
    if (!isRoot) {
      expect(run({ request: request(other) }).error?.message).toMatch(NOT_ROOT);
      return;
    }
    const drop = { uid: nobody.uid, gid: nobody.gid };
    expect(run({ drop, request: request('daemon') }).error).toEqual({
      name: 'ConfigError',
      code: 'ERR_CONFIG_INVALID',
      message:
        `chuser: only root may change the user or group of a process, got 'daemon' in a process of user number ${String(nobody.uid)}. ` +
        'Start it as root, or leave chuser out.',
    });
    expect(run({ drop, request: request(undefined, 'daemon') }).error?.message).toMatch(
      /^chgroup: only root/,
    );
    expect(run({ drop, request: request('nobody'), umask: 0o77 })).toMatchObject({
      ids: [nobody.uid, nobody.uid, nobody.gid, nobody.gid],
      umask: 0o77,
    });
  });
});

describe('changeIdentity', () => {
  it('changes group, supplementary groups, user and umask for good', () => {
    const dir = mkdtempSync(join(tmpdir(), 'identity-'));
    const file = join(dir, 'made');
    chmodSync(dir, 0o777);
    try {
      const result = run({ request: request('nobody', 'daemon'), umask: 0o27, file });
      if (!isRoot) {
        expect(result.error?.message).toMatch(NOT_ROOT);
        return;
      }
      expect(result).toEqual({
        ids: [nobody.uid, nobody.uid, daemon.gid, daemon.gid],
        groups: expect.arrayContaining([nobody.gid]) as unknown,
        umask: 0o27,
        canRegain: [false, false, false],
      });
      expect(result.groups).not.toContain(0);
      const { uid, gid, mode } = statSync(file);
      expect([uid, gid, mode & 0o777]).toEqual([nobody.uid, daemon.gid, 0o640]);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it('sets the groups that list the user (PARITY: Daemon)', () => {
    const listed = parseGroups(readFileSync('/etc/group', 'utf8')).find(
      // A lookup of an empty name takes four processes for each group without members.
      ({ members: [member = ''] }) => member !== '' && findUser(member) !== undefined,
    );
    const user = listed ? findUser(listed.members[0]!)! : nobody;
    expect(groupsOf(user)).toEqual(expect.arrayContaining([user.gid, ...(listed ? [listed.gid] : [])]));
    const result = run({ request: request(user.name) });
    if (isRoot) expect(new Set(result.groups)).toEqual(new Set(groupsOf(user)));
    else expect(result.error?.message).toMatch(NOT_ROOT);
  });

  it('keeps the user when only a group is given', () => {
    const result = run({ request: request(undefined, 'daemon') });
    if (isRoot) expect(result.ids).toEqual([0, 0, daemon.gid, daemon.gid]);
    else expect(result.error?.message).toMatch(/^chgroup: only root/);
  });

  it('fails where root lacks the capability', () => {
    const noRight = ['setpriv', '--bounding-set', '-setuid', '--inh-caps', '-setuid'];
    const result = run({ request: request(other) }, isRoot ? noRight : []);
    if (!isRoot) {
      expect(result.error?.message).toMatch(NOT_ROOT);
      return;
    }
    expect(result.error).toMatchObject({ name: 'ServerEngineError', code: 'ERR_ENGINE_STATE' });
    expect(result.error?.message).toMatch(
      /^This process cannot become user nobody with group \d+: .*EPERM.*capabilities SETUID and SETGID/,
    );
  });
});

describe('the user and group databases', () => {
  it('contain users, between comments and lines of other services', () => {
    expect(
      parseUsers('# local\nroot:x:0:0:root:/root:/bin/sh\n+::::::\nbad:x:a:b\n\nweb:x:33:34::/:'),
    ).toEqual([
      { name: 'root', uid: 0, gid: 0 },
      { name: 'web', uid: 33, gid: 34 },
    ]);
  });

  it('contain groups', () => {
    expect(parseGroups('root:x:0:\nssl:x:103:web,mail\n+\n')).toEqual([
      { name: 'root', gid: 0, members: [''] },
      { name: 'ssl', gid: 103, members: ['web', 'mail'] },
    ]);
  });

  it('find groups by name and number', () => {
    expect(findGroup('daemon')).toBe(daemon.gid);
    expect(findGroup(String(daemon.gid))).toBe(daemon.gid);
    expect(findGroup('no-such-group')).toBeUndefined();
  });
});
