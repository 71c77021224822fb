import { fstatSync, writeSync } from 'node:fs';
import { systemClock } from '../common/clock';
import { RECORD_BYTES, RecordWriter, type BoardPlace } from '../protocol/board-record';
import type { WorkerGauge } from '../health/worker-gauge';

/** Where a worker reports that it is alive, and its figures. */
export interface BeatBoard {
  /** False: the write failed, and the beat must be sent another way. */
  write(lateMs: number): boolean;
}

/** The scoreboard record of one worker. */
export class BoardWriter implements BeatBoard {
  readonly #place: BoardPlace;
  #who = { workerId: 0, generation: 0 };
  readonly #gauge: WorkerGauge;
  readonly #record = new RecordWriter();
  #beats = 0;
  #isClosed = false;

  constructor(place: BoardPlace, gauge: WorkerGauge) {
    this.#place = place;
    this.#gauge = gauge;
  }

  /** Sets the worker of the record; a standby has none. */
  become({ workerId, generation }: { readonly workerId: number; readonly generation: number }): void {
    this.#who = { workerId, generation };
  }

  write(lateMs: number): boolean {
    const { fd, index, serial } = this.#place;
    if (this.#isClosed || !this.#isOurs()) return false;
    this.#beats += 1;
    const bytes = this.#record.encode({
      serial,
      ...this.#who,
      state: this.#gauge.state,
      beats: this.#beats,
      beatAtMs: systemClock.now(),
      figures: this.#gauge.read(lateMs),
    });
    try {
      return writeSync(fd, bytes, 0, RECORD_BYTES, index * RECORD_BYTES) === RECORD_BYTES;
    } catch {
      // For example, the disk is full. The next beat may succeed.
      return false;
    }
  }

  /** A program that closes unknown descriptors may have a file of its own under that number by now. */
  #isOurs(): boolean {
    try {
      const { dev, ino } = fstatSync(this.#place.fd);
      this.#isClosed = dev !== this.#place.dev || ino !== this.#place.ino;
    } catch {
      this.#isClosed = true;
    }
    return !this.#isClosed;
  }
}
