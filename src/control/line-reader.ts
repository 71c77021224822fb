const NEWLINE = 0x0a;

/**
 * Splits chunks of bytes into complete lines, without their ends. A line beyond the limit stops it: nothing is kept
 * from then on.
 */
export class LineReader {
  readonly #mostBytes: number;
  #tail: Buffer[] = [];
  #tailBytes = 0;
  #isTooLong = false;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** A line was too long. The lines before it were returned. */
  get isTooLong(): boolean {
    return this.#isTooLong;
  }

  /** Returns the lines that this chunk completes. */
  push(chunk: Buffer): readonly string[] {
    const lines: string[] = [];
    let start = 0;
    while (!this.#isTooLong && start < chunk.length) {
      const end = chunk.indexOf(NEWLINE, start);
      const piece = chunk.subarray(start, end < 0 ? chunk.length : end);
      start += piece.length + 1;
      this.#tail.push(piece);
      this.#tailBytes += piece.length;
      this.#isTooLong = this.#tailBytes > this.#mostBytes;
      if (end < 0 && !this.#isTooLong) break;
      const line = Buffer.concat(this.#tail);
      this.#tail = [];
      this.#tailBytes = 0;
      if (!this.#isTooLong) lines.push(line.toString('utf8'));
    }
    return lines;
  }
}
