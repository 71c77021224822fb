import { chownSync } from 'node:fs';
import { findGroup, findUser, groupsOf, toNumber } from './accounts';
import { ConfigError, messageOf, ServerEngineError } from './errors';

/** Who is to be: names or numbers, and the keys that say so, for messages. */
export interface IdentityRequest {
  readonly user: string | undefined;
  readonly group: string | undefined;
  readonly userKey: string;
  readonly groupKey: string;
}

/** Users and groups as the system calls take them. Plain data: it is sent to processes that then become it. */
export interface Identity {
  /** Undefined: stays. */
  readonly uid: number | undefined;
  readonly gid: number;
  /** Undefined for a number without an entry. */
  readonly userName: string | undefined;
  /** The supplementary groups; undefined: they stay. */
  readonly gids: readonly number[] | undefined;
}

/**
 * Looks up what was asked for, and whether we may become it, so that a mistake shows before anything starts.
 * Undefined when nothing was asked for.
 * @throws ConfigError (ERR_CONFIG_INVALID)
 */
export function resolveIdentity(request: IdentityRequest): Identity | undefined {
  const { user, group } = request;
  if (user === undefined && group === undefined) return undefined;
  const identity = lookUp(request);
  if (mayChange() || isAlready(identity)) return identity;
  const [key, given] = user === undefined ? [request.groupKey, group] : [request.userKey, user];
  throw new ConfigError(
    'ERR_CONFIG_INVALID',
    `${key}: only root may change who a process is, got '${given ?? ''}' in a process of ${whoAmI()}. ` +
      `Start it as root, or leave ${key} out.`,
  );
}

function lookUp({ user, group, userKey, groupKey }: IdentityRequest): Identity {
  const gid = group === undefined ? undefined : (findGroup(group) ?? toNumber(group));
  if (group !== undefined && gid === undefined) throw unknown(groupKey, 'group', group, '/etc/group');
  if (user === undefined) return { uid: undefined, gid: gid ?? 0, userName: undefined, gids: undefined };
  const found = findUser(user);
  if (found) return { uid: found.uid, gid: gid ?? found.gid, userName: found.name, gids: groupsOf(found) };
  const uid = toNumber(user);
  if (uid === undefined) throw unknown(userKey, 'user', user, '/etc/passwd');
  // Containers run as bare numbers; then nobody but the config can tell the group.
  if (gid !== undefined) return { uid, gid, userName: undefined, gids: [gid] };
  throw new ConfigError(
    'ERR_CONFIG_INVALID',
    `${userKey}: user number ${user} has no entry in /etc/passwd, so its group is not known. Give ${groupKey} too.`,
  );
}

function unknown(key: string, what: string, got: string, file: string): ConfigError {
  return new ConfigError(
    'ERR_CONFIG_INVALID',
    `${key} must be the name or number of a ${what} of this system, got '${got}'. Correct it, or add the ${what} (see ${file}).`,
  );
}

/**
 * Becomes that identity for good: group before user, as afterwards nobody may change the group any more.
 * @param umask undefined: stays.
 * @throws ServerEngineError when it did not come about, or could be undone. The process must not go on then.
 */
export function changeIdentity(identity: Identity | undefined, umask: number | undefined): void {
  if (identity && !isAlready(identity)) {
    try {
      process.setgid?.(identity.gid);
      if (identity.gids) process.setgroups?.([...identity.gids]);
      if (identity.uid !== undefined) process.setuid?.(identity.uid);
    } catch (error) {
      throw failure(identity, messageOf(error), error);
    }
    verify(identity);
  }
  if (umask !== undefined) process.umask(umask);
}

function verify(identity: Identity): void {
  const { uid, gid, gids } = identity;
  if (!isAlready(identity)) throw failure(identity, 'the system calls had no effect');
  if (gids && !hasGroups(gid, gids)) {
    throw failure(identity, `its groups are ${process.getgroups?.().join(', ') ?? 'not known'}`);
  }
  if (uid === undefined || uid === 0) return;
  for (const regain of [() => process.setuid?.(0), () => process.seteuid?.(0)]) {
    if (succeeds(regain)) throw failure(identity, 'root could be regained');
  }
}

/** Whether it is that identity, with no other behind it. */
function isAlready({ uid, gid, gids }: Identity): boolean {
  const isUser = uid === undefined || (process.getuid?.() === uid && process.geteuid?.() === uid);
  const isGroup = process.getgid?.() === gid && process.getegid?.() === gid;
  // Who is no more root cannot change the groups, and has those it was given.
  const isMember = !mayChange() || gids === undefined || hasGroups(gid, gids);
  return isUser && isGroup && isMember;
}

/** Exactly these. Systems differ in whether getgroups() tells the effective group. */
function hasGroups(gid: number, gids: readonly number[]): boolean {
  const present = new Set([gid, ...(process.getgroups?.() ?? [])]);
  const wanted = new Set([gid, ...gids]);
  return present.size === wanted.size && [...present].every((group) => wanted.has(group));
}

function mayChange(): boolean {
  return process.geteuid?.() === 0;
}

function whoAmI(): string {
  const uid = process.geteuid?.();
  return uid === undefined ? 'a system without such users' : `user number ${uid}`;
}

function succeeds(attempt: () => void): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}

function failure({ uid, gid, userName }: Identity, reason: string, cause?: unknown): ServerEngineError {
  const user = uid === undefined ? 'this user' : `user ${userName ?? uid}`;
  return new ServerEngineError(
    'ERR_ENGINE_STATE',
    `This process cannot become ${user} with group ${gid}: ${reason}. A container needs the capabilities SETUID and SETGID for that.`,
    { cause },
  );
}

/** Hands files over to that identity, so that it may open and remove them; only a process that may change it does so. */
export function giveTo(identity: Identity | undefined, paths: readonly (string | undefined)[]): void {
  if (!identity || !mayChange()) return;
  for (const path of paths) {
    if (path !== undefined) chownSync(path, identity.uid ?? -1, identity.gid);
  }
}
