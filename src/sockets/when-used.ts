import type { EventEmitter } from 'node:events';

/**
 * Calls `start` when the first listener for `event` is about to be added. A shared socket begins to accept only then: a
 * connection that is accepted without a listener would hang for ever.
 */
export function whenUsed(emitter: EventEmitter, event: string, start: () => void): void {
  const check = (name: string | symbol): void => {
    if (name !== event) return;
    emitter.off('newListener', check);
    start();
  };
  emitter.on('newListener', check);
}
