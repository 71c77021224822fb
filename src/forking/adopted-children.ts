import { readFileSync } from 'node:fs';
import type { Clock } from '../common/clock';
import { isZombie, startTicks } from '../common/proc-stat';
import type { NativeForks } from './native';

export interface AdoptedChildrenDeps {
  readonly native: Pick<NativeForks, 'reap'>;
  readonly clock: Clock;
  /** The children of the main thread of this process, dead or alive. Undefined: the system does not tell. */
  readonly list?: () => readonly number[] | undefined;
}

/** Ends the time in which this process may adopt others. known: a child that somebody waits for. */
export type EndAdoption = (known?: number) => void;

interface Adopted {
  readonly startTicks: string;
  wasZombie: boolean;
}

// Whoever else may wait for a child, libuv or a native addon, does so long before.
const LOOK_MS = 60_000;

/**
 * Collects processes that came to this one by accident: they lost their parent while it adopted a forked worker. Nobody
 * waits for them, so they would stay in the process table.
 *
 * The main thread gets all that is adopted. So what became its child in that time was adopted, or was started by code of
 * the program in the same milliseconds: therefore only what has been a zombie for a minute is collected.
 */
export class AdoptedChildren {
  readonly #deps: AdoptedChildrenDeps;
  readonly #list: () => readonly number[] | undefined;
  readonly #adopted = new Map<number, Adopted>();

  constructor(deps: AdoptedChildrenDeps) {
    this.#deps = deps;
    this.#list = deps.list ?? listChildren;
  }

  begin(): EndAdoption {
    const before = this.#list();
    return (known) => {
      if (before) this.#add((this.#list() ?? []).filter((pid) => pid !== known && !before.includes(pid)));
    };
  }

  #add(pids: readonly number[]): void {
    const isWaiting = this.#adopted.size > 0;
    for (const pid of pids) {
      const ticks = startTicks(pid);
      if (ticks !== undefined) this.#adopted.set(pid, { startTicks: ticks, wasZombie: false });
    }
    if (!isWaiting && this.#adopted.size > 0) this.#lookLater();
  }

  #lookLater(): void {
    this.#deps.clock.after(LOOK_MS, () => this.#look(), { unref: true });
  }

  #look(): void {
    for (const [pid, one] of this.#adopted) {
      // Somebody has waited for it.
      if (startTicks(pid) !== one.startTicks) this.#adopted.delete(pid);
      else if (isZombie(pid)) this.#onZombie(pid, one);
    }
    if (this.#adopted.size > 0) this.#lookLater();
  }

  #onZombie(pid: number, one: Adopted): void {
    if (one.wasZombie) {
      this.#deps.native.reap(pid);
      this.#adopted.delete(pid);
    }
    one.wasZombie = true;
  }
}

function listChildren(): readonly number[] | undefined {
  try {
    const text = readFileSync(`/proc/self/task/${process.pid}/children`, 'latin1');
    return text.split(' ').filter(Boolean).map(Number);
  } catch {
    return undefined;
  }
}
