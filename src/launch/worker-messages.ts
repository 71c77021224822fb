import { dumpSettings } from '../config/dump-settings';
import type { EngineConfig } from '../config/engine-config';
import type { LoadedConfig } from '../config/load';
import type { LogSink } from '../record/log-sink';
import type { MonitorSettings } from '../watch/child-monitor';
import type { AssignMessage, LogSettings, PrepareMessage, ReloadMessage } from '../protocol/protocol';
import type { SharedSnapshot } from './shared-snapshot';
import type { WorkerIdentity } from '../pool/worker-handle';
import { workerTitle } from './worker-privileges';

/** The first message to a worker, process or thread. */
export function prepareMessage(
  group: string | undefined,
  loaded: LoadedConfig,
  snapshot: SharedSnapshot,
  sink: LogSink,
): PrepareMessage {
  const { engine, user } = loaded;
  return {
    group,
    config: user,
    ...snapshot,
    heartbeatIntervalMs: engine.workerHeartbeatIntervalMs,
    orphanTimeoutMs: engine.workerGracefulKillTimeoutMs,
    ready: engine.workerReady,
    closeServers: engine.workerCloseServers,
    socketScheduling: engine.socketScheduling,
    log: logSettings(engine, sink),
    dump: dumpSettings(loaded),
    hasWatchdog: engine.hangDiagnosis === 'thread',
    lagWarnMs: engine.workerLagWarnMs,
    measuresLoop: engine.autoscale !== undefined,
  };
}

/** The second message, with its identity. */
export function assignMessage(
  { workerId, generation }: WorkerIdentity,
  { engine }: LoadedConfig,
): AssignMessage {
  return { workerId, generation, processTitle: workerTitle(engine, workerId) };
}

/** The new configuration; the worker then calls its reload(). */
export function reloadMessage(workerId: number, loaded: LoadedConfig, sink: LogSink): ReloadMessage {
  const { engine, user } = loaded;
  return {
    type: 'reload',
    config: user,
    heartbeatIntervalMs: engine.workerHeartbeatIntervalMs,
    log: logSettings(engine, sink),
    dump: dumpSettings(loaded),
    processTitle: workerTitle(engine, workerId),
    lagWarnMs: engine.workerLagWarnMs,
    measuresLoop: engine.autoscale !== undefined,
  };
}

export function logSettings(engine: EngineConfig, sink: LogSink): LogSettings {
  const format = sink.recordFormat ?? engine.logFormat;
  return {
    level: engine.logLevel,
    format,
    color: sink.isTerminal && format === 'text',
    captureStdout: engine.logStdout,
    captureStderr: engine.logStderr,
  };
}

export function monitorSettings(engine: EngineConfig): MonitorSettings {
  return {
    kill: {
      gracefulIntervalMs: engine.workerGracefulKillIntervalMs,
      gracefulIncrementMs: engine.workerGracefulKillIntervalIncrementMs,
      gracefulTimeoutMs: engine.workerGracefulKillTimeoutMs,
      immediateIntervalMs: engine.workerImmediateKillIntervalMs,
      immediateIncrementMs: engine.workerImmediateKillIntervalIncrementMs,
      immediateTimeoutMs: engine.workerImmediateKillTimeoutMs,
      heartbeatKillDelayMs: engine.workerHeartbeatKillDelayMs,
    },
    heartbeatTimeoutMs: engine.workerHeartbeatTimeoutMs,
    readyTimeoutMs: engine.workerReadyTimeoutMs,
  };
}
