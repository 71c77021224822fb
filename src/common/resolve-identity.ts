import { findGroup, findUser, groupsOf, toNumber } from './accounts';
import { ConfigError } from './errors';
import { isAlready, mayChange, type Identity } from './identity';

/** The wanted user and group, as names or numbers, with the keys that set them, for messages. */
export interface IdentityRequest {
  readonly user: string | undefined;
  readonly group: string | undefined;
  readonly userKey: string;
  readonly groupKey: string;
}

/**
 * Looks up the wanted user and group, and checks whether we may switch to them, so that a mistake shows before anything
 * starts. Undefined if nothing is wanted.
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
    `${key}: only root may change the user or group of a process, got '${given ?? ''}' in a process of ${whoAmI()}. ` +
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
  // Containers run as bare numbers; then only the config can give the group.
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

function whoAmI(): string {
  const uid = process.geteuid?.();
  return uid === undefined ? 'a system without such users' : `user number ${uid}`;
}
