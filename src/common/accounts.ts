import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A line of the user database. */
export interface User {
  readonly name: string;
  readonly uid: number;
  /** The primary group. */
  readonly gid: number;
}

// A directory service that does not answer must not block the start for ever.
const COMMAND_TIMEOUT_MS = 10_000;

/** By name, or by number if it is all digits; undefined if there is no such user. */
export function findUser(wanted: string): User | undefined {
  return (
    parseUsers(readFile('/etc/passwd')).find(({ name, uid }) => isMeant(wanted, name, uid)) ??
    askForUser(wanted)
  );
}

/** The number of a group, by its name or number; undefined if there is no such group. */
export function findGroup(wanted: string): number | undefined {
  const known = (text: string): number | undefined =>
    parseGroups(text).find(({ name, gid }) => isMeant(wanted, name, gid))?.gid;
  return known(readFile('/etc/group')) ?? known(ask('getent', 'group', wanted));
}

/** All groups of a user, the primary one first: the same as initgroups(3). */
export function groupsOf({ name, gid }: User): readonly number[] {
  // `id` knows every source, including a directory service; images without it have only the file.
  const told = ask('id', '-G', name)
    .trim()
    .split(/\s+/)
    .map(toNumber)
    .filter((id) => id !== undefined);
  const listed = parseGroups(readFile('/etc/group'))
    .filter(({ members }) => members.includes(name))
    .map((group) => group.gid);
  return [...new Set([gid, ...(told.length > 0 ? told : listed)])];
}

/** The number in the text; undefined for anything else. */
export function toNumber(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

export function parseUsers(text: string): readonly User[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', , uid, gid] = line.split(':');
    const numbers = [toNumber(uid ?? ''), toNumber(gid ?? '')] as const;
    // Comments, and NIS's `+` lines.
    if (name === '' || numbers[0] === undefined || numbers[1] === undefined) return [];
    return [{ name, uid: numbers[0], gid: numbers[1] }];
  });
}

interface Group {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

export function parseGroups(text: string): readonly Group[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', , number, members = ''] = line.split(':');
    const gid = toNumber(number ?? '');
    return name === '' || gid === undefined ? [] : [{ name, gid, members: members.trim().split(',') }];
  });
}

/** Users that are in no file: of a directory service, or of macOS. */
function askForUser(wanted: string): User | undefined {
  const [user] = parseUsers(ask('getent', 'passwd', wanted));
  if (user) return user;
  const [name, uid, gid] = [['-un'], ['-u'], ['-g']].map((option) => ask('id', ...option, wanted).trim());
  const numbers = [toNumber(uid ?? ''), toNumber(gid ?? '')] as const;
  if (!name || numbers[0] === undefined || numbers[1] === undefined) return undefined;
  return { name, uid: numbers[0], gid: numbers[1] };
}

function isMeant(wanted: string, name: string, number: number): boolean {
  return name === wanted || number === toNumber(wanted);
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The output of a command; empty if it fails or there is no such command. */
function ask(command: string, ...args: readonly string[]): string {
  // A name that looks like an option is rejected.
  if (args.at(-1)?.startsWith('-')) return '';
  try {
    return execFileSync(command, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: COMMAND_TIMEOUT_MS,
    });
  } catch {
    return '';
  }
}
