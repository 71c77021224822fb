import type { Command } from './command';

/**
 * One command that stands for both, if the earlier one has not begun: of several restarts one is left, which is
 * immediate if any was. Undefined: both are carried out; stops and scalings always are.
 */
export function mergeCommands(earlier: Command, later: Command): Command | undefined {
  switch (later.kind) {
    case 'stop':
    case 'scale':
      return undefined;
    case 'restart':
      if (earlier.kind !== 'restart' || earlier.group !== later.group) return undefined;
      return { ...later, graceful: earlier.graceful && later.graceful };
    case 'dump':
      return earlier.kind === 'dump' && earlier.worker === later.worker && earlier.group === later.group
        ? later
        : undefined;
    case 'reload':
    case 'detach':
    case 'upgrade':
      return earlier.kind === later.kind ? later : undefined;
  }
}

/** The waiting entries plus one more. A merged entry takes the place of the later one. */
export function withMerged<T>(
  waiting: readonly T[],
  next: T,
  merge: (earlier: T, later: T) => T | undefined,
): readonly T[] {
  const others: T[] = [];
  let last = next;
  for (const earlier of waiting) {
    const merged = merge(earlier, last);
    if (merged) last = merged;
    else others.push(earlier);
  }
  return [...others, last];
}

/** The waiting commands plus one more. */
export function withCommand(waiting: readonly Command[], next: Command): readonly Command[] {
  return withMerged(waiting, next, mergeCommands);
}
