// Once the bench is interrupted, nothing more is started: its end must not race with the next turn.
let isInterrupted = false;

/** Tells whether it was the first time. */
export function interrupt() {
  const isFirst = !isInterrupted;
  isInterrupted = true;
  return isFirst;
}

export function assertRunning() {
  if (isInterrupted) throw new Error('interrupted');
}
