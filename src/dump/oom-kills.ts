import { groupFolders, readText } from '../common/control-group';

// Deaths at the same moment are reported one after the other; after this time the rest of the count belongs to another
// process.
const TOGETHER_MS = 2000;

/**
 * The kernel's count of processes that it killed because memory was short: in our control group (a container's) if that
 * has a count, otherwise on the whole machine. It does not show which processes were killed.
 */
export class OomKills {
  readonly #read: () => number | undefined;
  #known: number | undefined;
  /** Kills that are not attributed to a death yet. */
  #left = 0;
  #seenAt = 0;

  constructor(read: () => number | undefined = readOomKills) {
    this.#read = read;
    this.#known = read();
  }

  /** Whether a child that was just killed may have been an OOM kill: one death per counted kill. */
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

/** One count for all workers of this process: a kill is not attributed to two of them. */
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
