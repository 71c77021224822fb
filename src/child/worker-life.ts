/**
 * How far the life of a worker has come. run() and the stop end in either order; what both used is closed only after both.
 *
 * - `running`: run() goes on, nobody asked for a stop.
 * - `stopping`: a stop was asked for, run() goes on.
 * - `returned`: run() has settled by itself; what it has left in the event loop goes on.
 * - `finishing`: a stop was asked for and run() has settled: what is left are the last answers.
 */
export type WorkerLife = 'running' | 'stopping' | 'returned' | 'finishing';

/** `stop`: it was asked for. `settled`: run() has ended, or is never entered. */
export type LifeEvent = 'stop' | 'settled';

/** Each event counts once; there is no way back. */
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
