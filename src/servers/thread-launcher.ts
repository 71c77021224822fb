import { once } from 'node:events';
import {
  MessageChannel,
  receiveMessageOnPort,
  Worker as Thread,
  type MessagePort,
} from 'node:worker_threads';
import type { Clock } from '../common/clock';
import type { LoadedConfig } from '../config/load';
import type { Worker } from '../contract/worker';
import { LastWords } from '../logging/last-words';
import type { LogFields, Logger } from '../logging/logger';
import type { LogSink } from '../logging/log-sink';
import { HangDiagnosis } from '../diagnostics/hang-diagnosis';
import { mapFrames } from '../diagnostics/source-mapped-frames';
import { ChildWatch } from '../process/child-watch';
import type { LogSettings, SharedValue } from '../process/protocol';
import { ThreadMonitor } from '../process/thread-monitor';
import {
  THREAD_ENV,
  THREAD_ROLE,
  type ThreadCommand,
  type ThreadMessage,
  type ThreadRole,
  type ThreadStart,
} from '../process/thread-protocol';
import type { SocketSource } from '../sockets/socket-registry';
import type { ChildEntry } from './process-launcher';
import { warnOfIgnoredReady } from './ignored-ready';
import { RawLines } from './raw-lines';
import { takeNotice } from './take-notice';
import type { SharedSnapshot } from './shared-snapshot';
import type { WorkerHandle, WorkerIdentity, WorkerLauncher, WorkerNotices } from './worker-handle';
import { bootMessage, monitorSettings, reloadMessage } from './worker-messages';

export interface ThreadLauncherDeps {
  readonly sockets: SocketSource;
  readonly sink: LogSink;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly entry: ChildEntry;
  readonly start: ThreadStart;
  readonly config: () => LoadedConfig;
  readonly snapshot: () => SharedSnapshot;
}

// Silent for so many intervals: worth a look when somebody asks for a dump.
const SILENT_INTERVALS = 2;

/** Starts worker threads: role, messages and log. Runs in the server process. */
export class ThreadLauncher implements WorkerLauncher {
  readonly #deps: ThreadLauncherDeps;
  readonly #watch: ChildWatch;

  constructor(deps: ThreadLauncherDeps) {
    this.#deps = deps;
    this.#watch = new ChildWatch(deps.clock, deps.logger);
  }

  /** @throws ConfigError when a @shared() property cannot be sent; whatever `new Worker` throws. */
  launch(who: WorkerIdentity, _worker: Worker | undefined, notices: WorkerNotices): WorkerHandle {
    const { sink, config, snapshot, logger, clock } = this.#deps;
    const boot = bootMessage(who, config(), snapshot(), sink);
    this.#giveUpDatagramSockets(boot.shared);
    const { port1: port, port2 } = new MessageChannel();
    const { entry, start } = this.#deps;
    const logUnderWay = new Int32Array(new SharedArrayBuffer(4));
    const role = { engineIndex: entry.engineIndex, boot, port: port2, logUnderWay, loading: start.loading };
    const thread = this.#startOrClose(role, boot.log, port);
    const lastWords = new LastWords();
    const output = this.#connectOutput(thread, who, boot.log, lastWords);
    const takeRecord = (text: string): void => {
      const record = Buffer.from(text);
      lastWords.push(record);
      sink.writeRecords(record);
      Atomics.sub(logUnderWay, 0, text.length);
      Atomics.notify(logUnderWay, 0);
    };
    const send = (command: ThreadCommand): void => port.postMessage(command);
    let isListening = false;
    receive(port, thread, (message) => {
      if (message.type === 'record') takeRecord(message.text);
      else if (message.type === 'beat') monitor.beat();
      else {
        if (message.type === 'listening') isListening = true;
        takeNotice(message, notices);
        warnOfIgnoredReady(message, boot.ready, logger);
      }
    });
    const label = `worker ${who.workerId}`;
    const fields = { ...who, pid: process.pid, threadId: thread.threadId };
    const monitor = new ThreadMonitor({
      thread,
      label,
      fields,
      settings: () => monitorSettings(config().engine),
      heartbeats: this.#watch.heartbeats,
      clock,
      logger,
      onChange: () => this.#watch.arm(),
      tellToStop: () => send({ type: 'stop' }),
      diagnose: config().engine.hangDiagnosis === 'off' ? undefined : () => hang.run('give_up'),
    });
    const hang = this.#diagnosisOf(label, fields, thread, monitor.exited);
    this.#watch.add(monitor);
    return {
      pid: process.pid,
      startedAt: monitor.startedAt,
      get isStopping() {
        return monitor.isStopping;
      },
      get reason() {
        return monitor.reason;
      },
      rssBytes: undefined,
      isListening: () => isListening,
      lastWords,
      exited: monitor.exited,
      drained: Promise.all([monitor.exited, output]).then(() => {}),
      requestStop: (graceful, reason) => monitor.requestStop(graceful, reason),
      hurry: () => send({ type: 'hurry' }),
      reload: () => send(reloadMessage(who, config(), sink)),
      dump: () => {
        const { hangDiagnosis, workerHeartbeatIntervalMs } = config().engine;
        const silentMs = monitor.silentMs(SILENT_INTERVALS * workerHeartbeatIntervalMs);
        if (hangDiagnosis !== 'off' && silentMs !== undefined) void hang.run('dump');
        send({ type: 'dump' });
      },
    };
  }

  /** Through the debugger inside this process, without a port. */
  #diagnosisOf(
    label: string,
    fields: LogFields,
    { threadId }: Thread,
    exited: Promise<unknown>,
  ): HangDiagnosis {
    const { clock, logger } = this.#deps;
    return new HangDiagnosis({
      label,
      fields,
      capture: async ({ signal }) => {
        const { captureThread } = await import('../diagnostics/thread-capture');
        return mapFrames(await captureThread(threadId, signal));
      },
      // The kernel knows it by a number that Node does not tell.
      kernelView: () => undefined,
      exited,
      clock,
      logger,
    });
  }

  /** @throws whatever `new Worker` throws, and nothing of it is left. */
  #startOrClose(role: ThreadRole, log: LogSettings, port: MessagePort): Thread {
    try {
      return this.#start(role, log);
    } catch (error) {
      port.close();
      throw error;
    }
  }

  /** Without `env` and `execArgv`: only so does a thread inherit both in full, loaders included. */
  #start(role: ThreadRole, log: LogSettings): Thread {
    const { entry, start } = this.#deps;
    process.env[THREAD_ENV] = '1';
    try {
      return new Thread(start.file, {
        argv: [...entry.scriptArgs],
        workerData: { [THREAD_ROLE]: role },
        transferList: [role.port],
        stdout: log.captureStdout,
        stderr: log.captureStderr,
      });
    } finally {
      // The thread has its copy.
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- assigning undefined would set the text 'undefined'
      delete process.env[THREAD_ENV];
    }
  }

  /** What is written before the worker's own console capture is in force, or past it. Resolves at the end of both streams. */
  async #connectOutput(
    thread: Thread,
    who: WorkerIdentity,
    log: LogSettings,
    lastWords: LastWords,
  ): Promise<void> {
    const raw = new RawLines({ ...this.#deps, ...who, format: log, lastWords });
    raw.pid = process.pid;
    const ends: Promise<unknown>[] = [];
    if (log.captureStdout) ends.push(once(thread.stdout.on('data', raw.onStdout), 'end'));
    if (log.captureStderr) ends.push(once(thread.stderr.on('data', raw.onStderr), 'end'));
    await Promise.all(ends);
    raw.flush();
  }

  /** A datagram that comes to a bound socket stays there: ours would keep its share of them from the threads. */
  #giveUpDatagramSockets(shared: Readonly<Record<string, SharedValue>>): void {
    for (const value of Object.values(shared)) {
      if (value.kind !== 'socket' || value.socket.protocol !== 'udp') continue;
      const { address, port, addressType } = value.socket;
      this.#deps.sockets.release({ address, port, addressType });
    }
  }
}

/** To be called before anybody else waits for the exit: what the thread said in its last moment comes first. */
function receive(port: MessagePort, thread: Thread, take: (message: ThreadMessage) => void): void {
  port.on('message', take);
  port.unref();
  thread.once('exit', () => {
    let last;
    while ((last = receiveMessageOnPort(port))) take(last.message as ThreadMessage);
    port.close();
  });
}
