import type { Clock, ClockTimer } from '../common/clock';

export interface ZombieWatch {
  readonly clock: Clock;
  readonly warn: (sentence: string, fields: { readonly zombies: number }) => void;
  /** How many there are now. Undefined: the system does not provide it. */
  readonly count: () => number | undefined;
}

const LOOK_EVERY_MS = 60_000;
/** Fewer are not worth a line. Each further warning comes at twice as many. */
const FIRST_WARNING = 10;

/**
 * For a main process that is process 1, as in a container. The system makes it the parent of orphaned processes, and
 * Node collects the exit status only of processes that it has started itself: the others stay in the process table
 * until that is full, and no worker can start.
 */
export function watchZombies({ clock, warn, count }: ZombieWatch): { close(): Promise<void> } {
  let warnAt = FIRST_WARNING;
  let timer: ClockTimer | undefined;
  const look = (): void => {
    const zombies = count();
    if (zombies === undefined) return;
    if (zombies >= warnAt) {
      warnAt = zombies * 2;
      warn(
        'processes that lost their parent have ended and stay as zombies, because Node as process 1 does not collect ' +
          'them: run an init as process 1 (tini in the image, docker run --init)',
        { zombies },
      );
    }
    timer = clock.after(LOOK_EVERY_MS, look, { unref: true });
  };
  timer = clock.after(LOOK_EVERY_MS, look, { unref: true });
  return {
    close: () => {
      timer?.cancel();
      return Promise.resolve();
    },
  };
}
