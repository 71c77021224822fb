import type { Clock } from '../common/clock';

/** A diagnosis has its own limit, and logs when it is exceeded; this one applies if that fails. */
const LONGEST_DIAGNOSIS_MS = 3500;

/** Calls `done` once: when the diagnosis is over, whatever the outcome, or has taken too long. */
export function diagnoseFirst(clock: Clock, diagnose: () => Promise<void>, done: () => void): void {
  let isDone = false;
  const finish = (): void => {
    if (isDone) return;
    isDone = true;
    timer.cancel();
    done();
  };
  const timer = clock.after(LONGEST_DIAGNOSIS_MS, finish);
  void (async () => diagnose())().then(finish, finish);
}
