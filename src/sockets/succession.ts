/**
 * Decides which process may take a socket from another: only a successor, never a process that happens to want the same
 * port.
 */

export interface Claimant {
  /** For a worker, its id: a worker with the same id is its successor. */
  readonly name: string;
  /** For a worker, its group, if there are several. */
  readonly group?: string | undefined;
  /** Rises with each configuration that was loaded (workers), with each start (server processes). */
  readonly age: number;
}

export interface Contested {
  readonly users: Iterable<Claimant>;
  /** The names of all processes that ever had it. */
  readonly names: ReadonlySet<string>;
}

/**
 * For workers of one server: its own predecessor had the socket, or all its users were started for an older
 * configuration. Workers of another group were started for another reason, so this one is not their successor.
 */
export function workerSucceeds(asker: Claimant, { users, names }: Contested): boolean {
  const all = [...users];
  const isInTheWay = (user: Claimant): boolean =>
    user === asker || user.group !== asker.group || user.age > asker.age;
  if (all.some(isInTheWay)) return false;
  return names.has(asker.name) || all.every(({ age }) => age < asker.age);
}

/** For server processes: no younger one has it. A server that already has it decides itself. */
export function serverSucceeds(asker: Claimant, { users }: Contested): boolean {
  return [...users].every(({ age }) => age <= asker.age);
}
