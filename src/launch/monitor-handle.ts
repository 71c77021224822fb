import type { EngineConfig } from '../config/engine-config';
import type { HangCause, WorkerFigures } from '../contract/status';
import type { WorkerHandle } from '../pool/worker-handle';
import type { ChildMonitor } from '../watch/child-monitor';
import type { ProcessMonitor } from '../watch/process-monitor';

type Own = 'pid' | 'exited' | 'drained';
type Told =
  | 'isListening'
  | 'hurry'
  | 'reload'
  | 'dump'
  | 'lastWords'
  | 'sharesSockets'
  | 'pauseAccepting'
  | 'metrics'
  | 'send'
  | 'start';

interface Asked {
  /** Since when it has its role. Default: since it was made. */
  readonly startedAt?: () => number;
  readonly hang?: () => HangCause | undefined;
  /** Default: what it reports itself. */
  readonly figures?: () => WorkerFigures;
}

/** A monitored worker of any type, as the pool sees it. */
export function monitorHandle(
  monitor: ChildMonitor,
  {
    startedAt = () => monitor.startedAt,
    hang = () => undefined,
    figures = () => monitor.figures(),
    ...rest
  }: Pick<WorkerHandle, Told> & Pick<WorkerHandle, Own> & Asked,
): WorkerHandle {
  const handle = {
    get startedAt() {
      return startedAt();
    },
    get hang() {
      return hang();
    },
    get isStopping() {
      return monitor.isStopping;
    },
    get reason() {
      return monitor.reason;
    },
    figures,
    requestStop: (...asked: Parameters<WorkerHandle['requestStop']>) => monitor.requestStop(...asked),
  };
  // A spread would read the getters once; this keeps them live.
  return Object.assign(handle, rest);
}

/** The same for a process of any kind. */
export function processHandle(
  monitor: ProcessMonitor,
  tell: Pick<WorkerHandle, Told> & Asked,
  exited = monitor.exited,
): WorkerHandle {
  return monitorHandle(monitor, {
    ...tell,
    pid: monitor.pid,
    exited,
    drained: monitor.drained,
  });
}

// After this many silent intervals it is worth a look when a dump is requested.
const SILENT_INTERVALS = 2;

/** It has been silent for long, so it cannot report what it is doing. */
export function isLongSilent(monitor: ChildMonitor, { workerHeartbeatIntervalMs }: EngineConfig): boolean {
  return monitor.silentMs(SILENT_INTERVALS * workerHeartbeatIntervalMs) !== undefined;
}
