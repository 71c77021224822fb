/** One frame as the debugger reports it, in the JavaScript that runs; lines and columns count from 1. */
export interface RawFrame {
  readonly functionName: string;
  readonly url: string;
  readonly line: number;
  readonly column: number;
  /** As the script names it: relative to the script, or a data: URL. Empty: there is none. */
  readonly sourceMapUrl: string;
}

/** A message of the debugger: an event, or the answer to a request. */
export interface DebuggerMessage {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
}

/** A connection to a debugger: a websocket, or a session inside this process. */
export interface DebuggerLink {
  post(method: string, params?: object): void;
}

interface ParsedScript {
  readonly scriptId: string;
  readonly url: string;
  readonly sourceMapURL?: string;
}

interface CallFrame {
  readonly functionName: string;
  readonly location: {
    readonly scriptId: string;
    readonly lineNumber: number;
    readonly columnNumber?: number;
  };
}

/** Interrupts JavaScript wherever it is, and reads its stack. Pass it every message of the debugger. */
export class PauseReader {
  readonly paused: Promise<readonly RawFrame[]>;
  #resolve!: (frames: readonly RawFrame[]) => void;
  readonly #scripts = new Map<string, ParsedScript>();

  constructor() {
    this.paused = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  begin(link: DebuggerLink): void {
    link.post('Debugger.enable');
    link.post('Debugger.pause');
  }

  take({ method, params }: DebuggerMessage): void {
    if (method === 'Debugger.scriptParsed') {
      const script = params as ParsedScript;
      this.#scripts.set(script.scriptId, script);
    } else if (method === 'Debugger.paused') {
      const { callFrames } = params as { readonly callFrames: readonly CallFrame[] };
      this.#resolve(callFrames.map((frame) => this.#rawFrame(frame)));
    }
  }

  /** Not every version gives a frame a url: the parsed script has it. */
  #rawFrame({ functionName, location }: CallFrame): RawFrame {
    const script = this.#scripts.get(location.scriptId);
    return {
      functionName,
      url: script?.url ?? '',
      line: location.lineNumber + 1,
      column: (location.columnNumber ?? 0) + 1,
      sourceMapUrl: script?.sourceMapURL ?? '',
    };
  }
}
