import { messageOf, ServerEngineError } from './errors';

/** Users and groups as the system calls take them. Plain data: it is sent to processes that then switch to it. */
export interface Identity {
  /** Undefined: unchanged. */
  readonly uid: number | undefined;
  readonly gid: number;
  /** Undefined for a number without an entry. */
  readonly userName: string | undefined;
  /** The supplementary groups; undefined: unchanged. */
  readonly gids: readonly number[] | undefined;
}

/**
 * Switches to that identity permanently: group before user, because afterwards the group cannot be changed any more.
 * @param umask undefined: unchanged.
 * @throws ServerEngineError if the change failed, or could be undone. Then the process must not go on.
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

/** Whether the process has that identity, and no saved one to return to. */
export function isAlready({ uid, gid, gids }: Identity): boolean {
  const isUser = uid === undefined || (process.getuid?.() === uid && process.geteuid?.() === uid);
  const isGroup = process.getgid?.() === gid && process.getegid?.() === gid;
  // A process that is not root cannot change the groups, and keeps those that it was given.
  const isMember = !mayChange() || gids === undefined || hasGroups(gid, gids);
  return isUser && isGroup && isMember;
}

/** Exactly these groups. Systems differ in whether getgroups() includes the effective group. */
function hasGroups(gid: number, gids: readonly number[]): boolean {
  const present = new Set([gid, ...(process.getgroups?.() ?? [])]);
  const wanted = new Set([gid, ...gids]);
  return present.size === wanted.size && [...present].every((group) => wanted.has(group));
}

/** Whether this process may change its user. */
export function mayChange(): boolean {
  return process.geteuid?.() === 0;
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
