import { MessageChannel, Worker as Thread, type MessagePort } from 'node:worker_threads';
import type { Clock } from '../common/clock';
import type { LoadedConfig } from '../config/load';
import type { Worker } from '../contract/worker';
import type { LogSink } from '../record/log-sink';
import type { Logger } from '../record/logger';
import { ChildWatch } from '../watch/child-watch';
import type { LogSettings, SharedValue } from '../protocol/protocol';
import type { BoardEntry } from '../watch/scoreboard';
import {
  THREAD_ENV,
  THREAD_ROLE,
  type ThreadLoading,
  type ThreadRole,
  type ThreadStart,
} from '../protocol/thread-protocol';
import type { SocketSource } from '../sockets/socket-registry';
import { attachThread, type AttachedThread } from './attach-thread';
import { heapLimitMb } from './heap-limit';
import type { ChildEntry } from './process-launcher';
import type { SharedSnapshot } from './shared-snapshot';
import type {
  StandbyHandle,
  WorkerHandle,
  WorkerIdentity,
  WorkerLauncher,
  WorkerNotices,
} from '../pool/worker-handle';
import { startStandby } from './start-standby';
import { WorkerListener } from './worker-listener';
import { threadPreloads } from './worker-flags';
import { WorkerSubject } from './worker-subject';
import { assignMessage, prepareMessage } from './worker-messages';

export interface ThreadLauncherDeps {
  readonly sockets: SocketSource;
  readonly sink: LogSink;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly entry: ChildEntry;
  readonly start: ThreadStart;
  /** The group of the workers, if the engine has several. */
  readonly group: string | undefined;
  readonly config: () => LoadedConfig;
  readonly snapshot: () => SharedSnapshot;
}

/** Starts worker threads: it prepares their role, starts them, and then attaches the rest. Runs in the server process. */
export class ThreadLauncher implements WorkerLauncher {
  readonly #deps: ThreadLauncherDeps;
  readonly #watch: ChildWatch;

  constructor(deps: ThreadLauncherDeps) {
    this.#deps = deps;
    this.#watch = new ChildWatch(deps.clock, deps.logger);
  }

  /** @throws ConfigError when a @shared() property cannot be sent; whatever `new Worker` throws. */
  launch(who: WorkerIdentity, _worker: Worker | undefined, notices: WorkerNotices): WorkerHandle {
    return this.#launch(new WorkerSubject(who, { pid: process.pid }), new WorkerListener(notices), who)
      .handle;
  }

  /** @throws whatever launch() throws. */
  prepare(onReady: () => void): StandbyHandle {
    const { group, clock, config, snapshot, sink } = this.#deps;
    return startStandby({
      subject: new WorkerSubject({ group }, { pid: process.pid }),
      onReady,
      clock,
      start: (subject, listener) => {
        const { handle, send, isAlive } = this.#launch(subject, listener, undefined);
        const tell = (who: WorkerIdentity): void => {
          const loaded = config();
          const prepare = prepareMessage(group, loaded, snapshot(), sink);
          this.#giveUpDatagramSockets(prepare.shared);
          send({ type: 'assigned', prepare, assign: assignMessage(who, loaded) });
        };
        return { handle, isAlive, rehearse: () => send({ type: 'rehearse' }), tell };
      },
    });
  }

  /** who: undefined for a worker in reserve. */
  #launch(subject: WorkerSubject, listener: WorkerListener, who: WorkerIdentity | undefined): AttachedThread {
    const { port1: port, port2 } = new MessageChannel();
    const prepared = this.#prepare(who, port2);
    // A worker in reserve does not read them yet.
    if (who) this.#giveUpDatagramSockets(prepared.prepare.shared);
    const board = this.#watch.board.claim();
    // Threads share the descriptors of their process.
    const role = { ...prepared, prepare: { ...prepared.prepare, board: board?.place } };
    const thread = this.#startOrClose(role, port, board);
    return attachThread(thread, { ...this.#deps, watch: this.#watch, board, subject, role, port, listener });
  }

  #prepare(who: WorkerIdentity | undefined, port: MessagePort): ThreadRole {
    const { group, sink, config, snapshot, entry } = this.#deps;
    const loaded = config();
    return {
      engineIndex: entry.engineIndex,
      prepare: prepareMessage(group, loaded, snapshot(), sink),
      assign: who && assignMessage(who, loaded),
      port,
      logUnderWay: new Int32Array(new SharedArrayBuffer(4)),
      kernelId: new Int32Array(new SharedArrayBuffer(4)),
      loading: this.#loading(),
    };
  }

  /** Undefined: Node runs the script by itself. */
  #loading(): ThreadLoading | undefined {
    const { start, config } = this.#deps;
    const { engine } = config();
    const preloads = threadPreloads(engine);
    if (!preloads && !engine.watch) return start.loading;
    return { ...start.withPreloads().loading, preloads, hasSourceMaps: engine.watch !== undefined };
  }

  /** @throws whatever `new Worker` throws; then nothing of it is left. */
  #startOrClose(role: ThreadRole, port: MessagePort, board: BoardEntry | undefined): Thread {
    try {
      return this.#start(role, role.prepare.log);
    } catch (error) {
      port.close();
      if (board) this.#watch.board.release(board);
      throw error;
    }
  }

  /** Without `env` and `execArgv`: only then does a thread inherit both in full, including loaders. */
  #start(role: ThreadRole, log: LogSettings): Thread {
    const { entry, start, config } = this.#deps;
    const limitMb = heapLimitMb(config().engine);
    process.env[THREAD_ENV] = '1';
    try {
      return new Thread(role.loading ? start.withPreloads().file : start.file, {
        argv: [...entry.scriptArgs],
        workerData: { [THREAD_ROLE]: role },
        transferList: [role.port],
        stdout: log.captureStdout,
        stderr: log.captureStderr,
        ...(limitMb === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: limitMb } }),
      });
    } finally {
      // The thread has its copy.
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- assigning undefined would set the text 'undefined'
      delete process.env[THREAD_ENV];
    }
  }

  /** A datagram stays with the bound socket that received it: ours would keep its share of them from the threads. */
  #giveUpDatagramSockets(shared: Readonly<Record<string, SharedValue>>): void {
    for (const value of Object.values(shared)) {
      if (value.kind !== 'socket' || value.socket.protocol !== 'udp') continue;
      const { address, port, addressType } = value.socket;
      this.#deps.sockets.release({ address, port, addressType });
    }
  }
}
