import { mayChange, type Identity } from './identity';

/** The process for which this process does something. Plain data. */
export interface Asker {
  readonly identity: Identity | undefined;
  readonly umask: number | undefined;
}

/**
 * Does something with the rights of another user, so that the system itself checks them; then this process gets its own
 * rights back. Only for synchronous work: the change applies to the whole process, including its other threads.
 */
export function asAsker<T>(asker: Asker | undefined, act: () => T): T {
  if (!asker) return act();
  const undo: (() => void)[] = [];
  try {
    if (asker.umask !== undefined) {
      const before = process.umask(asker.umask);
      undo.push(() => process.umask(before));
    }
    if (asker.identity && mayChange()) become(asker.identity, undo);
    return act();
  } finally {
    // The user first: only root may change the groups back.
    for (const step of undo.reverse()) step();
  }
}

function become({ uid, gid, gids }: Identity, undo: (() => void)[]): void {
  const { getgroups, setgroups, getegid, setegid, geteuid, seteuid } = process;
  if (gids && getgroups && setgroups) {
    const before = getgroups();
    setgroups([...gids]);
    undo.push(() => setgroups(before));
  }
  if (getegid && setegid) {
    const before = getegid();
    setegid(gid);
    undo.push(() => setegid(before));
  }
  if (uid !== undefined && geteuid && seteuid) {
    const before = geteuid();
    seteuid(uid);
    undo.push(() => seteuid(before));
  }
}

/** Whether it has fewer rights than this process, so that its requests must be checked. */
export function isLessThanUs(asker: Asker | undefined): boolean {
  const uid = asker?.identity?.uid;
  return uid !== undefined && uid !== 0 && mayChange();
}
