import { decodeRecords } from './framing';

// A stack and some lines before it; small, because every worker has one.
const KEPT_BYTES = 4096;
// Joined only now and then: most output is never the last.
const MOST_CHUNKS = 64;
const MOST_LINES = 12;
const MOST_CHARACTERS = 400;
// A record of a JSON log has its stack in the same line.
const MOST_OF_JSON = 2000;
const NEWLINE = 0x0a;
// V8 prints two dozen of these when its heap is full, and they help nobody.
const NATIVE_FRAME = /^ *\d+: 0x[0-9a-f]+ /;

/** The end of a worker's output, for the record of its death. */
export class LastWords {
  #chunks: Buffer[] = [];
  #bytes = 0;
  #isCut = false;

  /** Records as on the wire, or raw output. */
  push(chunk: Buffer): void {
    // Copied: a slice would keep the whole chunk in memory.
    const end = chunk.length > KEPT_BYTES ? Buffer.from(chunk.subarray(-KEPT_BYTES)) : chunk;
    this.#isCut ||= end !== chunk;
    this.#chunks.push(end);
    this.#bytes += end.length;
    if (this.#chunks.length >= MOST_CHUNKS || this.#bytes > 4 * KEPT_BYTES) this.#tidy();
  }

  /** The last lines; long ones are truncated. */
  lines(): readonly string[] {
    const kept = this.#tidy();
    const start = this.#isCut ? kept.indexOf(NEWLINE) + 1 : 0;
    const text = decodeRecords(kept.subarray(start)).toString().replace(/\n$/, '');
    if (text === '') return [];
    const lines = text.split('\n').filter((line) => !NATIVE_FRAME.test(line));
    return lines.slice(-MOST_LINES).map(shortened);
  }

  #tidy(): Buffer {
    const all = Buffer.concat(this.#chunks);
    this.#isCut ||= all.length > KEPT_BYTES;
    const kept = all.length > KEPT_BYTES ? Buffer.from(all.subarray(-KEPT_BYTES)) : all;
    this.#chunks = [kept];
    this.#bytes = kept.length;
    return kept;
  }
}

function shortened(line: string): string {
  const most = line.startsWith('{') ? MOST_OF_JSON : MOST_CHARACTERS;
  return line.length <= most ? line : `${line.slice(0, most)}…`;
}
