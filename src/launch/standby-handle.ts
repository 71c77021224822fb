import type { StandbyHandle, WorkerHandle, WorkerIdentity, WorkerNotices } from '../pool/worker-handle';
import type { WorkerListener } from './worker-listener';
import type { WorkerSubject } from './worker-subject';

export interface StandbyParts {
  readonly handle: WorkerHandle;
  readonly subject: WorkerSubject;
  readonly listener: WorkerListener;
  readonly isAlive: () => boolean;
  readonly now: () => number;
  /** Tells it who it is. @throws what keeps it from being told. */
  readonly tell: (who: WorkerIdentity) => void;
  readonly onAssigned?: () => void;
}

/** A worker in reserve, of whatever it is made, as the pool sees it. */
export function standbyHandle({
  handle,
  subject,
  listener,
  isAlive,
  now,
  tell,
  onAssigned,
}: StandbyParts): StandbyHandle {
  return {
    pid: handle.pid,
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
      listener.assign(notices, now());
      onAssigned?.();
      return handle;
    },
  };
}
