import type { RawHandle } from '../common/raw-handle';
import type { Worker } from '../contract/worker';
import type { WorkerHandle, WorkerIdentity, WorkerLauncher, WorkerNotices } from '../pool/worker-handle';
import { descriptorOf } from '../sockets/server-sockets';
import { watchListening } from '../sockets/watch-listening';
import { EmbeddedSockets } from './embedded-sockets';
import { EmbeddedWorker, type EmbeddedWorkerDeps } from './embedded-worker';

/** Runs the worker of an embedded group in the server's own event loop. There is one at a time. */
export class EmbeddedLauncher implements WorkerLauncher {
  readonly whyOne = 'an embedded worker cannot be scaled: use workerType process';
  readonly #deps: EmbeddedWorkerDeps;
  readonly #sockets: EmbeddedSockets;
  readonly #endWatch: () => void;
  /** Servers that are opened now belong to it. */
  #last: EmbeddedWorker | undefined;
  #hasExplained = false;

  constructor(deps: Omit<EmbeddedWorkerDeps, 'onReturned'>) {
    this.#deps = { ...deps, onReturned: () => this.#explainReturn() };
    this.#sockets = new EmbeddedSockets(deps.clock);
    // A socket of the Server object does not belong to the worker.
    const ofWorker = (socket: object): EmbeddedWorker | undefined =>
      descriptorOf(socket) ? undefined : this.#last;
    this.#endWatch = watchListening({
      onListen: (server) => {
        const worker = ofWorker(server);
        if (!worker) return;
        worker.onListen(server);
        this.#sockets.add(server, worker);
      },
      onThrow: (server) => ofWorker(server)?.onListenFailed(server),
      onBind: (socket) => ofWorker(socket)?.onBind(socket),
      onBindThrow: (socket) => ofWorker(socket)?.onBindFailed(socket),
    });
  }

  /**
   * Makes the object of the next start: its beforeFork() and afterStart() are called on it, too.
   * @throws whatever the constructor of the user's class throws.
   */
  make(workerId: number): Worker {
    this.#last = undefined;
    const made = new EmbeddedWorker(this.#deps, workerId);
    this.#last = made;
    return made.worker;
  }

  launch(_who: WorkerIdentity, worker: Worker | undefined, notices: WorkerNotices): WorkerHandle {
    const made = this.#last;
    if (!made || made.worker !== worker) throw new Error('an embedded worker is started once it is made');
    void made.exited.then(() => {
      if (this.#last === made) this.#last = undefined;
    });
    return made.begin(notices);
  }

  /**
   * A server of the worker is about to ask the process above for a socket: returns one that an earlier worker has left.
   */
  socketFor(server: object, question: object): RawHandle | undefined {
    return this.#sockets.take(server, question);
  }

  allAreUp(): void {
    this.#sockets.allAreUp();
  }

  /** The pool has ended: removes everything from the process. */
  close(): void {
    this.#endWatch();
    this.#sockets.close();
  }

  /** Logged once: a worker that returns on purpose is called again and again. */
  #explainReturn(): void {
    if (this.#hasExplained) return;
    this.#hasExplained = true;
    this.#deps.logger.info(
      'run() of the embedded worker has returned and is called again. ' +
        'To keep it running until a stop, end run() with: await this.untilStop()',
    );
  }
}
