/**
 * The wire format between a worker and its parent: a record is one physical line, with its inner newlines encoded as
 * RS. RS is never part of a multi-byte character, so the parent can work on bytes and need not look at the lines.
 */
const RECORD_SEPARATOR = '\x1e';
const RS = 0x1e;
const NEWLINE = 0x0a;
const NEWLINE_BUFFER = Buffer.from('\n');
const EMPTY = Buffer.alloc(0);

const LONGEST_RECORD_BYTES = 4 * 1024 * 1024;

/** Encodes a complete record, with or without its newline, for the wire. */
export function encodeRecord(text: string): string {
  const body = text.endsWith('\n') ? text.slice(0, -1) : text;
  // A raw RS would become a newline at the other end, and the text after it a forged record.
  const safe = body.includes(RECORD_SEPARATOR) ? body.replaceAll(RECORD_SEPARATOR, '\\x1e') : body;
  return `${safe.includes('\n') ? safe.replaceAll('\n', RECORD_SEPARATOR) : safe}\n`;
}

/** Runs in the parent: passes on only complete records, still encoded, and keeps the incomplete tail. */
export class RecordRelay {
  #tail: Buffer[] = [];
  #tailBytes = 0;
  #skipping = false;
  readonly #longest: number;

  constructor(longestRecordBytes = LONGEST_RECORD_BYTES) {
    this.#longest = longestRecordBytes;
  }

  /** The records that this chunk completes, if any. */
  push(chunk: Buffer): Buffer | undefined {
    const fresh = this.#skipping ? this.#afterSkipped(chunk) : chunk;
    const end = fresh.lastIndexOf(NEWLINE) + 1;
    if (end === 0) return this.#keep(fresh);
    const whole = this.#tailBytes === 0 ? fresh.subarray(0, end) : this.#withTail(fresh.subarray(0, end));
    const cut = this.#keep(fresh.subarray(end));
    return cut ? Buffer.concat([whole, cut]) : whole;
  }

  /** The text of a record that was never completed, when the worker is gone: it is not part of the log. */
  takeRest(): string | undefined {
    this.#skipping = false;
    if (this.#tailBytes === 0) return undefined;
    return decodeRecords(this.#withTail(EMPTY)).toString();
  }

  /** Keeps an incomplete tail. Beyond the limit the tail is passed on, cut, and the rest of that record is dropped. */
  #keep(part: Buffer): Buffer | undefined {
    if (part.length === 0) return undefined;
    this.#tail.push(part);
    this.#tailBytes += part.length;
    if (this.#tailBytes <= this.#longest) return undefined;
    const cut = this.#withTail(NEWLINE_BUFFER);
    this.#skipping = true;
    return cut;
  }

  #withTail(end: Buffer): Buffer {
    const whole = Buffer.concat([...this.#tail, end]);
    this.#tail = [];
    this.#tailBytes = 0;
    return whole;
  }

  #afterSkipped(chunk: Buffer): Buffer {
    const end = chunk.indexOf(NEWLINE);
    if (end < 0) return chunk.subarray(chunk.length);
    this.#skipping = false;
    return chunk.subarray(end + 1);
  }
}

/** Complete records, ready to be written. */
export function decodeRecords(records: Buffer): Buffer {
  let at = records.indexOf(RS);
  if (at < 0) return records;
  const copy = Buffer.from(records);
  for (; at >= 0; at = copy.indexOf(RS, at + 1)) copy[at] = NEWLINE;
  return copy;
}
