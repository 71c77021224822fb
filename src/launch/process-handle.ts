import type { ProcessMonitor } from '../watch/process-monitor';
import type { WorkerHandle } from '../pool/worker-handle';

/** A worker that is a process of any kind, as the pool sees it. */
export function processHandle(
  monitor: ProcessMonitor,
  tell: Pick<WorkerHandle, 'isListening' | 'hurry' | 'reload' | 'dump' | 'lastWords'>,
  exited = monitor.exited,
): WorkerHandle {
  return {
    pid: monitor.pid,
    startedAt: monitor.startedAt,
    get isStopping() {
      return monitor.isStopping;
    },
    get reason() {
      return monitor.reason;
    },
    get rssBytes() {
      return monitor.rssBytes;
    },
    figures: () => monitor.figures(),
    exited,
    drained: monitor.drained,
    requestStop: (graceful, reason) => monitor.requestStop(graceful, reason),
    ...tell,
  };
}
