// Shortens a failing list of actions as far as the time allows. Pure: the caller tries each candidate.

/**
 * Drops actions, first half of them at once, then fewer, while the rest still fails.
 * @param {(actions: T[]) => Promise<boolean>} fails
 * @param {() => boolean} isOver when no more time is left
 * @template T
 */
export async function shrink(actions, fails, isOver) {
  let kept = actions;
  let size = Math.ceil(kept.length / 2);
  while (kept.length > 0 && size >= 1) {
    const shorter = await firstThatFails(kept, size, fails, isOver);
    if (shorter) {
      kept = shorter;
      size = Math.min(size, Math.ceil(kept.length / 2));
    } else if (size === 1 || isOver()) {
      break;
    } else {
      size = Math.ceil(size / 2);
    }
  }
  return kept;
}

async function firstThatFails(actions, size, fails, isOver) {
  for (let from = 0; from < actions.length; from += size) {
    if (isOver()) return undefined;
    const rest = [...actions.slice(0, from), ...actions.slice(from + size)];
    if (await fails(rest)) return rest;
  }
  return undefined;
}
