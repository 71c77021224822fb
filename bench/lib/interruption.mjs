// Once the bench is interrupted, nothing more is started: its end must not race with the next turn.
let isOver = false;
let tellOthers;

/** Resolves when it is: what is under way need not be waited for. */
export const interrupted = new Promise((resolve) => {
  tellOthers = resolve;
});

/** Tells whether it was the first time. */
export function interrupt() {
  const isFirst = !isOver;
  isOver = true;
  tellOthers();
  return isFirst;
}

export function assertRunning() {
  if (isOver) throw new Error('interrupted');
}

export const isInterrupted = () => isOver;
