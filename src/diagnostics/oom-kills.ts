import { readFileSync } from 'node:fs';

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
  const groups = read('/proc/self/cgroup') ?? '';
  const unified = /^0::(.*)$/m.exec(groups)?.[1];
  const memory = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(groups)?.[1];
  // In a container the path is as the host sees it, or that of the container's root.
  for (const file of [
    ...(unified === undefined
      ? []
      : [`/sys/fs/cgroup${unified}/memory.events`, '/sys/fs/cgroup/memory.events']),
    ...(memory === undefined
      ? []
      : [`/sys/fs/cgroup/memory${memory}/memory.oom_control`, '/sys/fs/cgroup/memory/memory.oom_control']),
  ]) {
    const count = countIn(file);
    if (count !== undefined) return count;
  }
  return undefined;
}

function countIn(file: string): number | undefined {
  const count = /^oom_kill (\d+)$/m.exec(read(file) ?? '')?.[1];
  return count === undefined ? undefined : Number(count);
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
