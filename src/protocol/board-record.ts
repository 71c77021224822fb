/**
 * What a worker reports about itself on the scoreboard: a record of 128 bytes, which the worker writes and the process
 * above reads. See scoreboard.ts.
 */
import type { WorkerFigures } from '../contract/status';

/** A power of two, so that no record crosses a page. */
export const RECORD_BYTES = 128;

/**
 * starting: run() is not yet entered. running. stopping: told to stop. closed: it accepts nothing new. standby: it
 * waits for an id.
 */
export const BOARD_STATES = ['starting', 'running', 'stopping', 'closed', 'standby'] as const;

export type BoardState = (typeof BOARD_STATES)[number];

export interface BoardRecord {
  /** Identifies the start that the record was given to, so that late writes of an earlier one are recognized. */
  readonly serial: number;
  readonly workerId: number;
  readonly generation: number;
  readonly state: BoardState;
  /** Beats so far. */
  readonly beats: number;
  /** The time of the last beat, on the monotonic clock that all processes of a machine share. */
  readonly beatAtMs: number;
  readonly figures: WorkerFigures;
}

/**
 * Where a worker writes. The file is identified by its inode number: the descriptor may belong to another file if the
 * program has closed it.
 */
export interface BoardPlace {
  readonly fd: number;
  readonly dev: number;
  readonly ino: number;
  readonly index: number;
  readonly serial: number;
}

// Integers first, then doubles. NaN means unknown.
const WORDS = RECORD_BYTES / 4;
const [SUM, SERIAL, WORKER_ID, GENERATION, STATE] = [0, 1, 2, 3, 4];
const [BEAT_AT, BEATS, LOOP_DELAY, UTILIZATION, RSS, HEAP_USED, JOBS, CONNECTIONS, HEAP_FILL] = [
  3, 4, 5, 6, 7, 8, 9, 10, 11,
];

/** Reused for every beat of one worker: a beat allocates nothing. */
export class RecordWriter {
  readonly bytes = new Uint8Array(RECORD_BYTES);
  readonly #words = new Uint32Array(this.bytes.buffer);
  readonly #doubles = new Float64Array(this.bytes.buffer);

  encode({ figures, ...record }: BoardRecord): Uint8Array {
    this.#words[SERIAL] = record.serial;
    this.#words[WORKER_ID] = record.workerId;
    this.#words[GENERATION] = record.generation;
    this.#words[STATE] = BOARD_STATES.indexOf(record.state);
    this.#doubles[BEAT_AT] = record.beatAtMs;
    this.#doubles[BEATS] = record.beats;
    this.#doubles[LOOP_DELAY] = figures.loopDelayMs ?? NaN;
    this.#doubles[UTILIZATION] = figures.utilization ?? NaN;
    this.#doubles[RSS] = figures.rssBytes ?? NaN;
    this.#doubles[HEAP_USED] = figures.heapUsedBytes ?? NaN;
    this.#doubles[HEAP_FILL] = figures.heapFill ?? NaN;
    this.#doubles[JOBS] = figures.jobs ?? NaN;
    this.#doubles[CONNECTIONS] = figures.connections ?? NaN;
    this.#words[SUM] = sumOf(this.#words, 0);
    return this.bytes;
  }
}

/** A board as it was read. */
export class BoardReader {
  readonly #words: Uint32Array;
  readonly #doubles: Float64Array;

  /** @param bytes complete records from the beginning of the board; reused for each read. */
  constructor(bytes: Uint8Array) {
    this.#words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
    this.#doubles = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
  }

  /**
   * Undefined: nothing was written yet, or not by that start, or the record was read while it was written. The kernel
   * locks a write against other writes, but not against reads: the checksum reveals a record that is half old and half
   * new.
   */
  record(index: number, serial: number): BoardRecord | undefined {
    const at = index * WORDS;
    const words = this.#words;
    if (words[at + SERIAL] !== serial || words[at + SUM] !== sumOf(words, at)) return undefined;
    const state = BOARD_STATES[words[at + STATE] ?? 0];
    if (state === undefined) return undefined;
    return {
      serial,
      workerId: words[at + WORKER_ID] ?? 0,
      generation: words[at + GENERATION] ?? 0,
      state,
      beats: this.#double(index, BEATS) ?? 0,
      beatAtMs: this.#double(index, BEAT_AT) ?? 0,
      figures: {
        rssBytes: this.#double(index, RSS),
        heapUsedBytes: this.#double(index, HEAP_USED),
        heapFill: this.#double(index, HEAP_FILL),
        loopDelayMs: this.#double(index, LOOP_DELAY),
        utilization: this.#double(index, UTILIZATION),
        jobs: this.#double(index, JOBS),
        connections: this.#double(index, CONNECTIONS),
      },
    };
  }

  #double(index: number, field: number): number | undefined {
    const value = this.#doubles[(index * RECORD_BYTES) / 8 + field];
    return value === undefined || Number.isNaN(value) ? undefined : value;
  }
}

// FNV-1a by words. It does not start at 0, so that a record of zeros is invalid.
const SUM_START = 0x811c9dc5;
const SUM_PRIME = 0x01000193;

function sumOf(words: Uint32Array, at: number): number {
  let sum = SUM_START;
  for (let word = at + 1; word < at + WORDS; word += 1) {
    sum = Math.imul(sum ^ (words[word] ?? 0), SUM_PRIME);
    // Without this, the upper bits of a word never reach the lower ones.
    sum ^= sum >>> 15;
  }
  return sum >>> 0;
}
