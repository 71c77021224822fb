import type { Clock } from '../common/clock';
import type { EngineConfig } from '../config/engine-config';
import type { LoadedConfig } from '../config/load';
import { formatRecord } from '../logging/format';
import { RecordRelay } from '../logging/framing';
import { LineSplitter } from '../logging/line-splitter';
import type { Logger, LogLevel } from '../logging/logger';
import type { LogSink } from '../logging/log-sink';
import type { MonitorSettings, ProcessMonitor } from '../process/process-monitor';
import type { ProcessManager } from '../process/process-manager';
import {
  encodeBoot,
  ROLE_ENV,
  workerRole,
  type BootMessage,
  type LogSettings,
  type ReloadMessage,
} from '../process/protocol';
import { answerSocketQueries, CLUSTER_ENV } from '../sockets/cluster-parent';
import type { SocketSource } from '../sockets/socket-registry';
import type { Worker } from '../contract/worker';
import type { WorkerHandle, WorkerIdentity, WorkerLauncher } from './worker-handle';
import type { SharedSnapshot } from './shared-snapshot';

/** How to run the user's entry script again. */
export interface ChildEntry {
  readonly command: string;
  readonly args: readonly string[];
  /** Which of the engines that the script creates is meant. */
  readonly engineIndex: number;
}

export interface ProcessLauncherDeps {
  readonly processes: ProcessManager;
  readonly sockets: SocketSource;
  readonly sink: LogSink;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly entry: ChildEntry;
  readonly config: () => LoadedConfig;
  readonly snapshot: () => SharedSnapshot;
}

/** Starts worker processes: descriptors, environment, first message, sockets and log. Runs in the server process. */
export class ProcessLauncher implements WorkerLauncher {
  readonly #deps: ProcessLauncherDeps;
  #launched = 0;

  constructor(deps: ProcessLauncherDeps) {
    this.#deps = deps;
  }

  /** @throws ConfigError when a @shared() property cannot be sent; whatever child_process.spawn throws. */
  launch(who: WorkerIdentity, _worker: Worker | undefined, onRunning: () => void): WorkerHandle {
    const { processes, sockets, entry, config } = this.#deps;
    const boot = this.#bootMessage(who);
    this.#launched += 1;
    const output = this.#outputOf(who, boot.log);
    const monitor = processes.spawnNode({
      command: entry.command,
      args: entry.args,
      env: {
        ...process.env,
        [ROLE_ENV]: workerRole(entry.engineIndex),
        [CLUSTER_ENV]: String(this.#launched),
      },
      label: `worker ${who.workerId}`,
      fields: who as unknown as Readonly<Record<string, unknown>>,
      settings: () => monitorSettings(config().engine),
      boot: encodeBoot(boot),
      ...output.streams,
    });
    output.setPid(monitor.pid ?? 0);
    const { child } = monitor;
    if (monitor.pid === undefined) return this.#handleOf(monitor);
    answerSocketQueries(child, sockets, () => {});
    child.on('message', (message: { type?: unknown } | null) => {
      if (message?.type === 'running') onRunning();
    });
    child.once('close', () => output.flush());
    return this.#handleOf(monitor);
  }

  #handleOf(monitor: ProcessMonitor): WorkerHandle {
    return {
      pid: monitor.pid,
      startedAt: monitor.startedAt,
      get isStopping() {
        return monitor.isStopping;
      },
      get reason() {
        return monitor.reason;
      },
      exited: monitor.exited,
      drained: monitor.drained,
      requestStop: (graceful, reason) => monitor.requestStop(graceful, reason),
      reload: () => this.#reload(monitor),
      dump: () => monitor.signal('SIGCONT'),
    };
  }

  /** Sends the new configuration; the worker then calls its reload(). */
  #reload(monitor: ProcessMonitor): void {
    const { engine, user } = this.#deps.config();
    const message: ReloadMessage = {
      type: 'reload',
      config: user,
      heartbeatIntervalMs: engine.workerHeartbeatIntervalMs,
      log: this.#logSettings(engine),
    };
    // A worker that died meanwhile is no error here: its exit event says all there is to say.
    if (monitor.child.connected) monitor.child.send(message, () => {});
  }

  #bootMessage(who: WorkerIdentity): BootMessage {
    const { engine, user } = this.#deps.config();
    return {
      ...who,
      config: user,
      ...this.#deps.snapshot(),
      heartbeatIntervalMs: engine.workerHeartbeatIntervalMs,
      orphanTimeoutMs: engine.workerGracefulKillTimeoutMs,
      log: this.#logSettings(engine),
    };
  }

  #logSettings(engine: EngineConfig): LogSettings {
    return {
      level: engine.logLevel,
      format: engine.logFormat,
      color: this.#deps.sink.isTerminal && engine.logFormat === 'text',
      captureStdout: engine.logStdout,
      captureStderr: engine.logStderr,
    };
  }

  /** Where the bytes of a worker go: finished records as they are, raw output as records of its own. */
  #outputOf(who: WorkerIdentity, log: LogSettings) {
    const { sink, clock, logger } = this.#deps;
    const relay = new RecordRelay();
    let pid = 0;
    const rawLines = (level: LogLevel) => {
      const splitter = new LineSplitter();
      const write = (lines: readonly string[]): void => {
        if (!logger.isLevelEnabled(level)) return;
        for (const message of lines) {
          const origin = { role: 'worker', workerId: who.workerId, pid };
          sink.write(formatRecord({ timeMs: clock.wallTime(), level, message, origin }, log));
        }
      };
      return {
        push: (chunk: Buffer) => write(splitter.push(chunk)),
        flush: () => {
          const rest = splitter.flush();
          if (rest !== undefined) write([rest]);
        },
      };
    };
    const stdout = rawLines('info');
    const stderr = rawLines('warn');
    const writeWhole = (records: Buffer | undefined): void => {
      if (records) sink.writeRecords(records);
    };
    return {
      setPid: (value: number) => {
        pid = value;
      },
      streams: {
        onLog: (chunk: Buffer) => writeWhole(relay.push(chunk)),
        onStdout: log.captureStdout ? stdout.push : undefined,
        onStderr: log.captureStderr ? stderr.push : undefined,
      },
      flush: () => {
        writeWhole(relay.flush());
        stdout.flush();
        stderr.flush();
      },
    };
  }
}

function monitorSettings(engine: EngineConfig): MonitorSettings {
  return {
    kill: {
      gracefulIntervalMs: engine.workerGracefulKillIntervalMs,
      gracefulIncrementMs: engine.workerGracefulKillIntervalIncrementMs,
      gracefulTimeoutMs: engine.workerGracefulKillTimeoutMs,
      immediateIntervalMs: engine.workerImmediateKillIntervalMs,
      immediateIncrementMs: engine.workerImmediateKillIntervalIncrementMs,
      immediateTimeoutMs: engine.workerImmediateKillTimeoutMs,
    },
    heartbeatTimeoutMs: engine.workerHeartbeatTimeoutMs,
  };
}
