/**
 * The lifecycle of a worker. run() and the stop end in either order; what both used is closed only after both.
 *
 * - `running`: run() goes on, no stop was requested.
 * - `stopping`: a stop was requested, run() goes on.
 * - `returned`: run() has settled by itself; what it has left in the event loop goes on.
 * - `finishing`: a stop was requested and run() has settled: only the last responses are left.
 */
export type WorkerLife = 'running' | 'stopping' | 'returned' | 'finishing';

/** `stop`: a stop was requested. `settled`: run() has ended, or is never entered. */
export type LifeEvent = 'stop' | 'settled';

/** Each event counts once; a state never goes back. */
export function nextLife(life: WorkerLife, event: LifeEvent): WorkerLife {
  switch (life) {
    case 'running':
      return event === 'stop' ? 'stopping' : 'returned';
    case 'stopping':
      return event === 'settled' ? 'finishing' : life;
    case 'returned':
      return event === 'stop' ? 'finishing' : life;
    case 'finishing':
      return life;
  }
}
