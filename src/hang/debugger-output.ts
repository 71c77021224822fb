/** The address of a debugger that was opened, with the secret that a client needs. */
const LISTENING = 'Debugger listening on ws://';
const FAILED = 'Starting inspector on ';

/** How each line begins that Node's debugger writes to stderr. */
const BEGINNINGS: readonly string[] = [
  LISTENING,
  FAILED,
  'Debugger ending on ws://',
  'Debugger attached.',
  'For help, see: https://nodejs.org/',
  'Waiting for the debugger to disconnect...',
];

// If the program has written text without a line end before, it stands on the same line.
const ownLine = (host: string): RegExp =>
  new RegExp(
    `(?:${[
      `Debugger (?<kind>listening|ending) on (?<url>ws://${host}:\\d+/[0-9a-f-]{36})`,
      '(?<attached>Debugger attached)\\.',
      'Starting inspector on (?<failure>\\S+ failed: .*)',
      '(?<help>For help, see): https://nodejs\\.org/\\S*',
      '(?<leaving>Waiting for the debugger to disconnect)\\.\\.\\.',
    ].join('|')})\\r?$`,
  );

const ON_LOOPBACK = ownLine('127\\.0\\.0\\.1');
/** For a process that was told where to listen. */
const ANYWHERE = ownLine('\\S+');

// Longer than any line of the debugger: a longer line without an end is the program's own.
const LONGEST_LINE = 1000;

/** All but the first return whether the line is about something that we did: then it is not passed on. */
export interface DebuggerNotices {
  /** It turns out later whose debugger it is. */
  readonly onOpened: (url: string) => void;
  readonly onEnded: (url: string) => boolean;
  readonly onFailed: (reason: string) => boolean;
  readonly onAttached: () => boolean;
  /** The process is about to end, but waits for the attached client. */
  readonly onLeaving: () => boolean;
}

/**
 * The stderr of a worker without the lines of its debugger. Everything else passes unchanged. It passes at once,
 * unless it may still become a line of the debugger: a chunk may end in the middle of one.
 */
export class DebuggerOutput {
  readonly #notices: DebuggerNotices;
  readonly #ownLine: RegExp;
  /** One character per byte, so that bytes that are not UTF-8 stay as they are. */
  #held = '';
  /** Whether the last line of the debugger was about something that we did. */
  #wasOurs = false;

  constructor(notices: DebuggerNotices, { isAnywhere = false } = {}) {
    this.#ownLine = isAnywhere ? ANYWHERE : ON_LOOPBACK;
    this.#notices = notices;
  }

  /** Returns the part to pass on. */
  push(chunk: Buffer): Buffer {
    if (this.#held === '' && isPlain(chunk)) return chunk;
    const lines = (this.#held + chunk.toString('latin1')).split('\n');
    const rest = lines.pop() ?? '';
    const from = heldFrom(rest);
    const held = rest.length - from > LONGEST_LINE ? rest.length : from;
    this.#held = rest.slice(held);
    const passed = lines.map((line) => this.#withoutOwn(line)).join('') + rest.slice(0, held);
    return Buffer.from(passed, 'latin1');
  }

  /** The worker is gone. */
  flush(): Buffer {
    const rest = Buffer.from(this.#held, 'latin1');
    this.#held = '';
    return rest;
  }

  #withoutOwn(line: string): string {
    const match = this.#ownLine.exec(line);
    if (!match) return `${line}\n`;
    this.#wasOurs = this.#isOurs(match.groups ?? {});
    return this.#wasOurs ? line.slice(0, match.index) : `${line}\n`;
  }

  #isOurs({ kind, url = '', failure, leaving, attached, help }: Readonly<Record<string, string>>): boolean {
    if (kind === 'listening') this.#notices.onOpened(url);
    if (kind === 'ending') return this.#notices.onEnded(url);
    if (failure !== undefined) return this.#notices.onFailed(failure);
    if (attached !== undefined) return this.#notices.onAttached();
    if (leaving !== undefined) return this.#notices.onLeaving();
    // The line for help belongs to the line before.
    return help === undefined || this.#wasOurs;
  }
}

function isPlain(chunk: Buffer): boolean {
  return chunk.at(-1) === 0x0a && !BEGINNINGS.some((beginning) => chunk.includes(beginning));
}

/** Where in an unfinished line the text begins that may be the debugger's. */
function heldFrom(rest: string): number {
  for (const beginning of BEGINNINGS) {
    const at = rest.indexOf(beginning);
    if (at >= 0) return at;
  }
  const longest = Math.max(...BEGINNINGS.map((beginning) => beginning.length));
  for (let at = Math.max(0, rest.length - longest); at < rest.length; at += 1) {
    const tail = rest.slice(at);
    if (BEGINNINGS.some((beginning) => beginning.startsWith(tail))) return at;
  }
  return rest.length;
}
