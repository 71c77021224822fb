/** The claim for which a socket must be given up. */
export interface Claim {
  /** The key of the socket that is wanted instead. */
  readonly key: string;
  /** The claim comes from a successor of the whole process: it cannot be refused. */
  readonly isForced: boolean;
}

/** Something in this process, or below it, that has copies of held sockets. */
export interface SocketHolder {
  /** Makes all processes that it knows give up that socket. False: one of them keeps it. */
  giveUp(key: string, claim: Claim): Promise<boolean>;
}

/** One after the other: the rest is not asked when one refuses. */
export async function allGiveUp(
  holders: Iterable<SocketHolder>,
  key: string,
  claim: Claim,
): Promise<boolean> {
  for (const holder of holders) if (!(await holder.giveUp(key, claim))) return false;
  return true;
}
