import type { StandbyHandle, WorkerHandle, WorkerIdentity, WorkerNotices } from '../pool/worker-handle';
import type { Clock } from '../common/clock';
import { WorkerListener } from './worker-listener';
import type { WorkerSubject } from './worker-subject';

/** What differs between processes and threads. */
export interface StartedStandby {
  readonly handle: WorkerHandle;
  readonly isAlive: () => boolean;
  /** It is ready: do what can be done before it has an id. */
  readonly rehearse: () => void;
  /** Sends it its identity. @throws if that cannot be sent. */
  readonly tell: (who: WorkerIdentity) => void;
  readonly onAssigned?: () => void;
}

export interface StandbyParts {
  readonly subject: WorkerSubject;
  readonly onReady: () => void;
  readonly clock: Clock;
  readonly start: (subject: WorkerSubject, listener: WorkerListener) => StartedStandby;
}

/** Starts a worker in reserve, of any type. @throws what `start` throws. */
export function startStandby({ subject, onReady, clock, start }: StandbyParts): StandbyHandle {
  const listener = new WorkerListener(() => {
    rehearse();
    onReady();
  });
  const { handle, isAlive, rehearse, tell, onAssigned } = start(subject, listener);
  return {
    pid: handle.pid,
    start: handle.start,
    exited: handle.exited,
    drained: handle.drained,
    lastWords: handle.lastWords,
    get reason() {
      return handle.reason;
    },
    get isAlive() {
      return isAlive();
    },
    figures: () => handle.figures(),
    requestStop: (graceful, reason) => handle.requestStop(graceful, reason),
    assign: (who: WorkerIdentity, notices: WorkerNotices) => {
      tell(who);
      subject.become(who);
      listener.assign(notices, clock.now());
      onAssigned?.();
      return handle;
    },
  };
}
