// Once the bench is interrupted, nothing more is started: its end must not race with the next turn.
let isOver = false;

/** Tells whether it was the first time. */
export function interrupt() {
  const isFirst = !isOver;
  isOver = true;
  return isFirst;
}

export function assertRunning() {
  if (isOver) throw new Error('interrupted');
}

export const isInterrupted = () => isOver;
