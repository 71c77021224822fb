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
  | 'send';

interface Asked {
  /** Since when it is what it is. Default: since it was made. */
  readonly startedAt?: () => number;
  readonly hang?: () => HangCause | undefined;
  /** Default: what it says of itself. */
  readonly figures?: () => WorkerFigures;
}

/** A worker that is watched, of whatever it is made, as the pool sees it. */
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
  // Its getters stay live: a spread would read them once.
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

// Silent for so many intervals: worth a look when somebody asks for a dump.
const SILENT_INTERVALS = 2;

/** It has long been silent: it cannot say by itself what it is doing. */
export function isLongSilent(monitor: ChildMonitor, { workerHeartbeatIntervalMs }: EngineConfig): boolean {
  return monitor.silentMs(SILENT_INTERVALS * workerHeartbeatIntervalMs) !== undefined;
}
