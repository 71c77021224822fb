const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

const LONGEST_LINE_BYTES = 4 * 1024 * 1024;

/** Splits raw output into complete lines, without their line ends. A line beyond the limit is cut into several. */
export class LineSplitter {
  #tail: Buffer[] = [];
  #tailBytes = 0;
  readonly #longest: number;

  constructor(longestLineBytes = LONGEST_LINE_BYTES) {
    // Less could not hold one character.
    this.#longest = Math.max(4, longestLineBytes);
  }

  /** Whether an incomplete line is waiting for its end. */
  get hasPartial(): boolean {
    return this.#tailBytes > 0;
  }

  /** The lines that this chunk completes. */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#end(this.#withTail(chunk.subarray(start, end)), lines);
      start = end + 1;
    }
    if (start < chunk.length) {
      this.#tail.push(chunk.subarray(start));
      this.#tailBytes += chunk.length - start;
    }
    if (this.#tailBytes > this.#longest) {
      const rest = this.#cut(this.#withTail(), lines);
      this.#tail = [rest];
      this.#tailBytes = rest.length;
    }
    return lines;
  }

  /** The incomplete line, if there is one. */
  flush(): string | undefined {
    if (this.#tailBytes === 0) return undefined;
    return this.#withTail().toString('utf8');
  }

  #end(line: Buffer, lines: string[]): void {
    const rest = line.length > this.#longest ? this.#cut(line, lines) : line;
    const end = rest.at(-1) === CARRIAGE_RETURN ? rest.length - 1 : rest.length;
    lines.push(rest.toString('utf8', 0, end));
  }

  /** Takes pieces of the maximum length off the front, never splitting a character. */
  #cut(line: Buffer, lines: string[]): Buffer {
    let rest = line;
    while (rest.length > this.#longest) {
      let end = this.#longest;
      while (end > this.#longest - 3 && isContinuation(rest[end])) end -= 1;
      lines.push(rest.toString('utf8', 0, end));
      rest = rest.subarray(end);
    }
    return rest;
  }

  #withTail(end?: Buffer): Buffer {
    if (this.#tailBytes === 0) return end ?? Buffer.alloc(0);
    const whole = Buffer.concat(end ? [...this.#tail, end] : this.#tail);
    this.#tail = [];
    this.#tailBytes = 0;
    return whole;
  }
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
