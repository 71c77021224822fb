import { decodeRecords } from './framing';

// A stack and some lines before it; small, because every worker has one.
const KEPT_BYTES = 4096;
const MOST_LINES = 12;
const MOST_CHARACTERS = 400;
const NEWLINE = 0x0a;
// V8 prints two dozen of them when its heap is full, and nobody is helped by one.
const NATIVE_FRAME = /^ *\d+: 0x[0-9a-f]+ /;

/** The end of what a worker wrote, for the record of its death. */
export class LastWords {
  #kept: Buffer = Buffer.alloc(0);
  #isCut = false;

  /** Records as on the wire, or raw output. */
  push(chunk: Buffer): void {
    this.#isCut ||= this.#kept.length + chunk.length > KEPT_BYTES;
    // Copied: a part of the chunk would keep all of it in memory.
    this.#kept =
      chunk.length >= KEPT_BYTES
        ? Buffer.from(chunk.subarray(-KEPT_BYTES))
        : Buffer.concat([this.#kept.subarray(-(KEPT_BYTES - chunk.length)), chunk]);
  }

  /** The last lines; long ones are cut at their ends. */
  lines(): readonly string[] {
    const start = this.#isCut ? this.#kept.indexOf(NEWLINE) + 1 : 0;
    const text = decodeRecords(this.#kept.subarray(start)).toString().replace(/\n$/, '');
    if (text === '') return [];
    const lines = text.split('\n').filter((line) => !NATIVE_FRAME.test(line));
    return lines.slice(-MOST_LINES).map(shortened);
  }
}

function shortened(line: string): string {
  return line.length <= MOST_CHARACTERS ? line : `${line.slice(0, MOST_CHARACTERS)}…`;
}
