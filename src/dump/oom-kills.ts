import { groupFolders, readText } from '../common/control-group';

/**
 * The kernel's count of processes that it killed for want of memory: of our control group (a container's), where there
 * is one that counts, else of the whole machine. Says nothing of who was killed.
 */
export class OomKills {
  readonly #read: () => number | undefined;
  #known: number | undefined;

  constructor(read: () => number | undefined = readOomKills) {
    this.#read = read;
    this.#known = read();
  }

  /** Whether there were any since this was asked last. */
  haveRisen(): boolean {
    const before = this.#known;
    this.#known = this.#read();
    return before !== undefined && this.#known !== undefined && this.#known > before;
  }
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
