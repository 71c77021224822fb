// An interrupted bench starts nothing more: the cleanup must not race with the next turn.
let isOver = false;
let tellOthers;

/** Resolves on an interruption, which ends the wait for running work. */
export const interrupted = new Promise((resolve) => {
  tellOthers = resolve;
});

/** Returns whether this was the first time. */
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
