import type { Clock } from '../common/clock';
import { isIntended, type KillReason } from '../contract/end-reasons';
import { LogBlock } from '../record/log-block';
import type { Logger } from '../record/logger';
import { howItEnded, type ChildExit } from '../watch/child-exit';
import type { PoolEvent } from './pool-events';
import type { Serial } from './pool-state';
import type { StandbyHandle, WorkerLauncher } from './worker-handle';

export interface ReserveDeps {
  readonly launcher: WorkerLauncher;
  /** Fields of every record: the group, if there are several. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly onEvent: (event: PoolEvent) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The existing standby workers. The pool decides how many there are. Runs in the server process. */
export class Reserve {
  readonly #deps: ReserveDeps;
  readonly #standbys = new Map<Serial, StandbyHandle>();

  constructor(deps: ReserveDeps) {
    this.#deps = deps;
  }

  get(serial: Serial): StandbyHandle | undefined {
    return this.#standbys.get(serial);
  }

  get all(): ReadonlyMap<Serial, StandbyHandle> {
    return this.#standbys;
  }

  launch(serial: Serial): void {
    const { launcher, onEvent } = this.#deps;
    try {
      const standby = launcher.prepare?.(() => onEvent({ kind: 'standby_ready', serial }));
      if (!standby) throw new Error('there are no standby workers of this type');
      if (!(standby instanceof Promise)) this.#follow(serial, standby);
      else
        standby.then(
          (one) => (one ? this.#follow(serial, one) : onEvent({ kind: 'launch_left', serial })),
          (error: unknown) => this.#onFailed(serial, error),
        );
    } catch (error) {
      this.#onFailed(serial, error);
    }
  }

  #follow(serial: Serial, standby: StandbyHandle): void {
    const { onEvent, clock } = this.#deps;
    this.#standbys.set(serial, standby);
    void standby.exited.then((exit) => this.#onExited(serial, standby, exit));
    onEvent({ kind: 'launched', serial, pid: standby.pid, startedAt: clock.now() });
  }

  #onFailed(serial: Serial, cause: unknown): void {
    const { logger, onEvent, fields } = this.#deps;
    logger.error('a standby worker could not be started', { ...fields, error: cause });
    const error = cause instanceof Error ? cause : new Error(String(cause));
    onEvent({ kind: 'launch_failed', serial, error });
  }

  /** Turns that standby into a worker. If it has just died, the worker is started in the usual way. */
  launcher(serial: Serial): Pick<WorkerLauncher, 'launch'> {
    const standby = this.#standbys.get(serial);
    return {
      launch: (who, worker, notices) => {
        if (!standby?.isAlive || standby.reason !== undefined) {
          return this.#deps.launcher.launch(who, worker, notices);
        }
        const handle = standby.assign(who, notices);
        this.#standbys.delete(serial);
        return handle;
      },
    };
  }

  /** The standby was to become a worker, and is no longer wanted. */
  discard(serial: Serial): void {
    this.#standbys.get(serial)?.requestStop(true, 'standby_refresh');
  }

  #onExited(serial: Serial, standby: StandbyHandle, exit: ChildExit): void {
    // It has become a worker: the pool handles its end.
    if (this.#standbys.get(serial) !== standby) return;
    this.#standbys.delete(serial);
    this.#report(standby, exit);
    const { reason } = standby;
    this.#deps.onEvent({ kind: 'exited', serial, exit, reason });
  }

  #report({ pid, lastWords, reason }: StandbyHandle, exit: ChildExit): void {
    const { logger, fields: common } = this.#deps;
    const fields = { ...common, pid, reason };
    if (exit.spawnError) {
      logger.error('a standby worker could not be started', { ...fields, error: exit.spawnError });
    } else if (isExpected(exit, reason)) {
      logger.debug(`standby worker finished with ${howItEnded(exit)}`, fields);
    } else {
      const lines = lastWords.lines();
      logger.warn(`a standby worker ended before it was needed, with ${howItEnded(exit)}`, {
        ...fields,
        lastLines: lines.length === 0 ? undefined : new LogBlock(lines),
      });
    }
  }
}

function isExpected({ code }: ChildExit, reason: KillReason | undefined): boolean {
  return isIntended(reason) && (code === 0 || code === null);
}
