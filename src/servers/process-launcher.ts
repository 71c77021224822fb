import type { Clock } from '../common/clock';
import type { LoadedConfig } from '../config/load';
import { inspectEnvForChild } from '../common/inspect-options';
import { onMarked } from '../common/marked-messages';
import { RecordRelay } from '../logging/framing';
import { LastWords } from '../logging/last-words';
import type { Logger } from '../logging/logger';
import type { LogSink } from '../logging/log-sink';
import type { ProcessMonitor } from '../process/process-monitor';
import type { ProcessManager } from '../process/process-manager';
import {
  encodeMessage,
  ROLE_ENV,
  workerRole,
  type ChildMessage,
  type LogSettings,
} from '../process/protocol';
import { answerSocketQueries, CLUSTER_ENV, type AskerLimits } from '../sockets/cluster-parent';
import type { SocketSource } from '../sockets/socket-registry';
import { SocketUse } from '../sockets/socket-use';
import type { Worker } from '../contract/worker';
import { nodeOptions, ProcessDiagnosis } from './process-diagnosis';
import { warnOfForeignMessages } from './foreign-messages';
import { warnOfIgnoredReady } from './ignored-ready';
import { processHandle } from './process-handle';
import { RawLines } from './raw-lines';
import { reportUnfinished } from './report-unfinished';
import { nextTalk, tellToStop, type StopTalk } from './stop-talk';
import { takeNotice } from './take-notice';
import type { WorkerHandle, WorkerIdentity, WorkerLauncher, WorkerNotices } from './worker-handle';
import { bootMessage, monitorSettings, reloadMessage } from './worker-messages';
import type { SharedSnapshot } from './shared-snapshot';
import type { WorkerPrivileges } from './worker-privileges';

/** How to run the user's entry script again. */
export interface ChildEntry {
  readonly command: string;
  readonly args: readonly string[];
  /** The script among the arguments, and what follows it. */
  readonly script: string;
  readonly scriptArgs: readonly string[];
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
  readonly privileges: WorkerPrivileges;
}

/** Starts worker processes: descriptors, environment, first message, sockets and log. Runs in the server process. */
export class ProcessLauncher implements WorkerLauncher {
  readonly #deps: ProcessLauncherDeps;
  readonly #use: SocketUse;
  #launched = 0;

  constructor(deps: ProcessLauncherDeps) {
    this.#deps = deps;
    this.#use = new SocketUse(deps.sockets, deps.clock);
  }

  /** @throws ConfigError when a @shared() property cannot be sent; whatever child_process.spawn throws. */
  launch(who: WorkerIdentity, _worker: Worker | undefined, notices: WorkerNotices): WorkerHandle {
    const { processes, entry, config, snapshot, sink, privileges } = this.#deps;
    const boot = { ...bootMessage(who, config(), snapshot(), sink), ...privileges };
    this.#launched += 1;
    const output = this.#outputOf(who, boot.log);
    const diagnosis = this.#diagnosisOf(who);
    let talk: StopTalk = 'by_signal';
    const monitor: ProcessMonitor = processes.spawnNode({
      command: entry.command,
      args: [...diagnosis.nodeArgs, ...entry.args],
      env: {
        ...inspectEnvForChild(process.env),
        [ROLE_ENV]: workerRole(entry.engineIndex),
        [CLUSTER_ENV]: String(this.#launched),
      },
      label: `worker ${who.workerId}`,
      fields: who as unknown as Readonly<Record<string, unknown>>,
      settings: () => monitorSettings(config().engine),
      title: boot.processTitle,
      boot: encodeMessage(boot),
      hasWatchdog: diagnosis.hasWatchdog,
      diagnose: diagnosis.diagnose,
      deliver: (step) => {
        if (!monitor.child.connected) return false;
        const next = tellToStop(talk, step);
        talk = next.talk;
        if (next.by === 'message') monitor.send({ type: 'stop' });
        return next.by !== 'signal';
      },
      ...output.streams,
      onStderr: diagnosis.stderrTo(output.streams.onStderr),
    });
    output.setPid(monitor.pid ?? 0);
    diagnosis.begin(monitor, output.streams.onStderr);
    const { child } = monitor;
    let hasOwnQueue = false;
    const sockets = this.#use.user();
    const tell = this.#tellerOf(who, monitor, output.lastWords, diagnosis);
    const handle = processHandle(monitor, {
      ...tell,
      isListening: () => hasOwnQueue || sockets.isListening(),
    });
    if (monitor.pid === undefined) return handle;
    answerSocketQueries(child, sockets, () => {}, this.#limitsOf(who));
    void monitor.exited.then(() => sockets.end());
    onMarked(child, (raw) => {
      const message = raw as ChildMessage;
      if (message.type === 'listening') hasOwnQueue = true;
      if (message.type === 'handles_term') talk = nextTalk(talk, 'has_handler');
      if (message.type === 'stopping') talk = nextTalk(talk, 'stopping');
      takeNotice(message, notices);
      warnOfIgnoredReady(message, boot.ready, this.#deps.logger);
      if (message.type === 'stopping') sockets.leave();
      if (message.type === 'debugger') diagnosis.onDebugger(message);
    });
    warnOfForeignMessages(monitor, this.#deps.logger);
    void monitor.drained.then(() => output.flush());
    return handle;
  }

  everybodyIsUp(): void {
    this.#use.everybodyIsUp();
  }

  /** Workers may run as somebody with fewer rights. */
  #limitsOf({ workerId }: WorkerIdentity): AskerLimits {
    const { privileges, logger } = this.#deps;
    return {
      asker: privileges,
      onRefused: ({ address, port, fd }) => {
        logger.warn(
          'a worker may not open that socket as the user that it runs as (workerChuser). Open it in beforeRun() of the ' +
            'server, with listenTcp, listenUdp or listenUnix: workers that listen on the same address get it',
          { workerId, address, ...(port > 0 ? { port } : {}), fd },
        );
      },
    };
  }

  #tellerOf(
    who: WorkerIdentity,
    monitor: ProcessMonitor,
    lastWords: LastWords,
    diagnosis: ProcessDiagnosis,
  ): Pick<WorkerHandle, 'lastWords' | 'hurry' | 'reload' | 'dump'> {
    return {
      lastWords,
      hurry: () => monitor.send({ type: 'hurry' }),
      reload: () => this.#reload(who, monitor),
      dump: () => {
        diagnosis.dump(this.#deps.config().engine.workerHeartbeatIntervalMs);
        // Not by signal: one that follows a stop means nothing, and that of `fg` may mean nothing at all.
        monitor.send({ type: 'dump' });
      },
    };
  }

  #diagnosisOf(who: WorkerIdentity): ProcessDiagnosis {
    const { entry, config, clock, logger } = this.#deps;
    return new ProcessDiagnosis({
      who,
      mode: config().engine.hangDiagnosis,
      nodeOptions: nodeOptions(entry.args, entry.script, process.env),
      clock,
      logger,
    });
  }

  #reload(who: WorkerIdentity, monitor: ProcessMonitor): void {
    monitor.send(reloadMessage(who, this.#deps.config(), this.#deps.sink));
  }

  /** Where the bytes of a worker go: finished records as they are, raw output as records of its own. */
  #outputOf(who: WorkerIdentity, log: LogSettings) {
    const { sink, logger } = this.#deps;
    const relay = new RecordRelay();
    const lastWords = new LastWords();
    const raw = new RawLines({ ...this.#deps, ...who, format: log, lastWords });
    return {
      lastWords,
      setPid: (value: number) => {
        raw.pid = value;
      },
      streams: {
        onLog: (chunk: Buffer) => {
          lastWords.push(chunk);
          const records = relay.push(chunk);
          if (records) sink.writeRecords(records);
        },
        onStdout: log.captureStdout ? raw.onStdout : undefined,
        onStderr: log.captureStderr ? raw.onStderr : undefined,
      },
      flush: () => {
        reportUnfinished(logger, who, relay.takeRest());
        raw.flush();
      },
    };
  }
}
