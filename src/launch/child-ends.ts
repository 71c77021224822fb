import { closeSync, openSync } from 'node:fs';
import type { NativeForks } from '../forking/native';

/** What a child gets as 0, 1, 2…, as for child_process.spawn. */
export type ChildStdio = readonly ('pipe' | 'ipc' | 'ignore' | 'inherit' | number)[];

/** Both ends of what a child gets. */
export interface ChildEnds {
  /** Gives our end away, by its number in the child. Undefined: there is nothing to read or write here. */
  readonly take: (place: number) => number | undefined;
  readonly theirs: readonly number[];
  /** What was opened only for the child. */
  readonly closeTheirs: () => void;
  /** What was not taken. */
  readonly closeOurs: () => void;
}

/** @throws the error of the system. Then nothing is left open. */
export function openEnds(stdio: ChildStdio, native: Pick<NativeForks, 'socketPair'>): ChildEnds {
  const ours = new Map<number, number>();
  const theirs: number[] = [];
  const onlyTheirs: number[] = [];
  const closeTheirs = (): void => closeAll(onlyTheirs);
  const closeOurs = (): void => closeAll([...ours.values()]);
  const take = (place: number): number | undefined => {
    const own = ours.get(place);
    ours.delete(place);
    return own;
  };
  try {
    for (const [place, entry] of stdio.entries()) {
      if (entry === 'pipe' || entry === 'ipc') {
        const [own, other] = pairOf(native, 0);
        ours.set(place, own);
        theirs.push(other);
        onlyTheirs.push(other);
      } else if (entry === 'ignore') {
        const nothing = openSync('/dev/null', 'r+');
        theirs.push(nothing);
        onlyTheirs.push(nothing);
      } else theirs.push(entry === 'inherit' ? place : entry);
    }
    return { take, theirs, closeTheirs, closeOurs };
  } catch (error) {
    closeTheirs();
    closeOurs();
    throw error;
  }
}

/** @throws the error of the system. */
export function pairOf(
  native: Pick<NativeForks, 'socketPair'>,
  isOfMessages: 0 | 1,
): readonly [number, number] {
  const pair = native.socketPair(isOfMessages);
  if (typeof pair !== 'number') return pair;
  throw Object.assign(new Error(`socketpair failed with errno ${-pair}`), { errno: pair });
}

function closeAll(fds: readonly number[]): void {
  for (const fd of fds) closeSync(fd);
}
