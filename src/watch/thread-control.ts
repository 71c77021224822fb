import type { Worker as Thread } from 'node:worker_threads';
import type { ChildExit } from './child-exit';
import type { Act, ChildControl } from './child-monitor';
import type { KillSignal } from './kill-escalation';

export interface ThreadLimbDeps {
  readonly thread: Thread;
  /** Asks it to end by itself. */
  readonly tellToStop: () => void;
  /** Thrown before the engine in the thread could catch it: the end follows. */
  readonly onError: (error: Error) => void;
}

/**
 * How the server process ends a thread and notices its end.
 *
 * There is no signal to repeat: a thread is asked once, terminated once, and left behind if even that does not end it.
 * Only a synchronous system call can hold up a terminated thread; then only the end of the process ends it.
 */
export class ThreadControl implements ChildControl {
  // It shares the pid of the server.
  readonly pid = process.pid;
  readonly exited: Promise<ChildExit>;
  readonly #deps: ThreadLimbDeps;
  readonly #onExit: (() => void)[] = [];
  readonly #done = new Set<KillSignal>();
  readonly #finish: (exit: ChildExit) => void;

  constructor(deps: ThreadLimbDeps) {
    this.#deps = deps;
    const { promise, finish } = once(() => {
      for (const callback of this.#onExit) callback();
    });
    this.exited = promise;
    this.#finish = finish;
    let isHeapFull = false;
    deps.thread.once('exit', (code) => finish({ code, signal: null, ...(isHeapFull && { isHeapFull }) }));
    deps.thread.on('error', (error: NodeJS.ErrnoException) => {
      // It could not be started: reported as for a process.
      if (error.code === 'ERR_WORKER_INIT_FAILED') finish({ code: null, signal: null, spawnError: error });
      else if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') isHeapFull = true;
      else deps.onError(error);
    });
  }

  onExit(callback: () => void): void {
    this.#onExit.push(callback);
  }

  act(step: KillSignal): Act | undefined {
    if (this.#done.has(step)) return undefined;
    this.#done.add(step);
    switch (step) {
      case 'graceful':
        this.#deps.tellToStop();
        return { how: 'asked', fields: {} };
      case 'immediate':
        void this.#deps.thread.terminate();
        return { how: 'forced', fields: {} };
      case 'kill':
        this.#finish({ code: 1, signal: null });
        return { how: 'left_behind', fields: {} };
    }
  }
}

function once(onEnd: () => void) {
  let resolve: (exit: ChildExit) => void = () => {};
  let isOver = false;
  const promise = new Promise<ChildExit>((settle) => {
    resolve = settle;
  });
  const finish = (exit: ChildExit): void => {
    if (isOver) return;
    isOver = true;
    resolve(exit);
    onEnd();
  };
  return { promise, finish };
}
