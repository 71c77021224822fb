/** Who may have a socket instead of whom: only a successor, never somebody who happens to want the same port. */

export interface Claimant {
  /** Of a worker its id: who has the same one comes after it. */
  readonly name: string;
  /** Of a worker, where there are several groups. */
  readonly group?: string | undefined;
  /** Rises with each configuration that was loaded (workers), with each start (server processes). */
  readonly age: number;
}

export interface Contested {
  readonly users: Iterable<Claimant>;
  /** Names of all that ever had it. */
  readonly names: ReadonlySet<string>;
}

/**
 * Of workers of one server: its own predecessor had it, or all who have it were started for an older configuration. Those
 * of another group were not started for the same reason, and none of them comes after this one.
 */
export function workerSucceeds(asker: Claimant, { users, names }: Contested): boolean {
  const all = [...users];
  const isInTheWay = (user: Claimant): boolean =>
    user === asker || user.group !== asker.group || user.age > asker.age;
  if (all.some(isInTheWay)) return false;
  return names.has(asker.name) || all.every(({ age }) => age < asker.age);
}

/** Of server processes: none that is younger has it. One that has it itself knows best who may have it instead. */
export function serverSucceeds(asker: Claimant, { users }: Contested): boolean {
  return [...users].every(({ age }) => age <= asker.age);
}
