import type { Clock } from '../common/clock';
import { residentBytesOf } from '../common/resident-memory';
import type { WorkerFigures } from '../contract/status';

// All figures of a worker are asked for at once, and read once.
const READ_AGAIN_MS = 100;

/** The figures that the system has of a foreign program, which reports none itself. They are read on demand. */
export class ProgramFigures {
  readonly #pid: number | undefined;
  readonly #isAlive: () => boolean;
  readonly #clock: Clock;
  readonly #read: (pid: number) => number | undefined;
  #last: { readonly rssBytes: number | undefined; readonly at: number } | undefined;

  /** @param isAlive checked because its pid may belong to another process once it has ended. */
  constructor(pid: number | undefined, isAlive: () => boolean, clock: Clock, read = residentBytesOf) {
    this.#pid = pid;
    this.#isAlive = isAlive;
    this.#clock = clock;
    this.#read = read;
  }

  /** Once it has ended, returns the last values. */
  read(): WorkerFigures {
    const now = this.#clock.now();
    if (this.#pid !== undefined && this.#isAlive() && now - (this.#last?.at ?? -Infinity) >= READ_AGAIN_MS) {
      this.#last = { rssBytes: this.#read(this.#pid) ?? this.#last?.rssBytes, at: now };
    }
    return { rssBytes: this.#last?.rssBytes };
  }
}
