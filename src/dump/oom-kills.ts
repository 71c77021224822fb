import { groupFolders, readText } from '../common/control-group';

// Those that died together are told of one after the other; what is left of the count then belongs to another process.
const TOGETHER_MS = 2000;

/**
 * The kernel's count of processes that it killed for want of memory: of our control group (a container's), where there
 * is one that counts, else of the whole machine. Says nothing of who was killed.
 */
export class OomKills {
  readonly #read: () => number | undefined;
  #known: number | undefined;
  /** Kills that no death has been put down to. */
  #left = 0;
  #seenAt = 0;

  constructor(read: () => number | undefined = readOomKills) {
    this.#read = read;
    this.#known = read();
  }

  /** Whether a child that has just been killed may have been killed for that: one death for each that was counted. */
  take(now: number): boolean {
    const before = this.#known;
    this.#known = this.#read();
    const added = before === undefined || this.#known === undefined ? 0 : Math.max(0, this.#known - before);
    if (added > 0) {
      this.#left += added;
      this.#seenAt = now;
    } else if (now - this.#seenAt > TOGETHER_MS) {
      this.#left = 0;
    }
    if (this.#left === 0) return false;
    this.#left -= 1;
    return true;
  }
}

let seen: OomKills | undefined;

/** The one count for all workers of this process: a kill is not put down to two of them. */
export function oomKillsSeen(): OomKills {
  seen ??= new OomKills();
  return seen;
}

function readOomKills(): number | undefined {
  return ofControlGroup() ?? countIn('/proc/vmstat');
}

function ofControlGroup(): number | undefined {
  const { v1, v2 } = groupFolders('memory');
  for (const file of [
    ...v2.map((folder) => `${folder}/memory.events`),
    ...v1.map((folder) => `${folder}/memory.oom_control`),
  ]) {
    const count = countIn(file);
    if (count !== undefined) return count;
  }
  return undefined;
}

function countIn(file: string): number | undefined {
  const count = /^oom_kill (\d+)$/m.exec(readText(file) ?? '')?.[1];
  return count === undefined ? undefined : Number(count);
}
