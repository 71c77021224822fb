import type { Clock } from '../common/clock';

/** A diagnosis has a limit of its own, and says so when it runs out; this one holds should it fail to. */
const LONGEST_DIAGNOSIS_MS = 3500;

/** Calls `done` once: when the diagnosis is over, however it went, or has taken too long. */
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
