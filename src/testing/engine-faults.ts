import type { EngineStatus, WorkerStatus } from '../contract/status';

/** A worker of a test engine: its id, `'group/id'`, or both. Without a group the engine must have only one. */
export type WorkerTarget =
  | number
  | string
  | {
      /** Needed where several groups have a worker of that id. */
      readonly group?: string | undefined;
      /** Its id within the group. */
      readonly workerId: number;
    };

/** Something that a test has broken. */
export interface Fault {
  /** For a message: what has not healed. */
  readonly what: string;
  /** Whether it needs no healing any more. */
  readonly isOver: (status: EngineStatus) => boolean;
}

/** @throws Error that lists the workers, if it is none of them. */
export function workerAt(status: EngineStatus, target: WorkerTarget): WorkerStatus {
  const { group, workerId } = parsed(target);
  const named = status.workers.filter(
    (worker) => worker.workerId === workerId && (group === undefined || worker.group === group),
  );
  // A worker that has left its slot drains, while the next one has the slot.
  const found =
    named.filter(({ state }) => state !== 'draining' && state !== 'stopping').at(0) ?? named.at(0);
  const isVague = group === undefined && new Set(named.map((worker) => worker.group)).size > 1;
  if (found && !isVague) return found;
  const all = status.workers.map((worker) => `'${worker.group}/${worker.workerId}'`).join(', ');
  throw new Error(
    isVague
      ? `several groups have a worker ${workerId}: say which, one of ${all}.`
      : `there is no worker ${typeof target === 'object' ? JSON.stringify(target) : `'${target}'`}. The workers are ${all || 'none'}.`,
  );
}

function parsed(target: WorkerTarget): { readonly group?: string | undefined; readonly workerId: number } {
  if (typeof target === 'object') return target;
  if (typeof target === 'number') return { workerId: target };
  const slash = target.lastIndexOf('/');
  const workerId = Number(target.slice(slash + 1));
  return slash < 0 ? { workerId } : { group: target.slice(0, slash), workerId };
}

/** A fault in one start of a worker: it is over when the next start is there, or by itself. */
export function faultOf(
  what: string,
  { group, workerId, generation }: WorkerStatus,
  isOver: () => boolean = () => false,
): Fault {
  return {
    what: `worker ${group}/${workerId} ${what}`,
    isOver: (status) => isOver() || workerAt(status, { group, workerId }).generation > generation,
  };
}

/** @throws Error with the cure, if a worker of that type cannot be broken from outside. */
export function requireProcess(
  { groups }: EngineStatus,
  { group, workerId }: WorkerStatus,
  fault: string,
  types: readonly string[] = ['process', 'spawn'],
): void {
  const type = groups.find(({ name }) => name === group)?.type;
  if (type !== undefined && types.includes(type)) return;
  throw new Error(
    `${fault}() needs a worker of the type ${types.join(' or ')}, got worker ${group}/${workerId} of the type ${type}. ` +
      `Start the test engine with workerType: '${types[0]}'.`,
  );
}

/** What keeps the engine from being ready; undefined: it is ready. */
export function whyNotReady({ state, groups, workers }: EngineStatus): string | undefined {
  if (state !== 'running') return `the server is ${state}`;
  for (const { name, target } of groups) {
    const ready = workers.filter((worker) => worker.group === name && worker.ready).length;
    if (ready < target) return `${ready} of ${target} workers of the group ${name} are ready`;
  }
  return groups.length === 0 ? 'the server has no workers yet' : undefined;
}
