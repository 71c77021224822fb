import { Duplex } from 'node:stream';
import { LineSplitter } from '../record/line-splitter';
import type { CaptureRequest } from '../hang/hang-diagnosis';
import { NoJavaScriptRuns } from '../hang/no-stack';
import type { StackFrame } from '../hang/source-mapped-frames';
import type { WatchdogAnswer } from './watchdog-protocol';

/** Asks the watchdog thread in a worker process. Runs in the process above it. */
export class WatchdogLink {
  readonly #stream: Duplex | undefined;
  #waiter: ((answer: WatchdogAnswer) => void) | undefined;

  constructor(stream: unknown) {
    if (!(stream instanceof Duplex)) return;
    this.#stream = stream;
    const lines = new LineSplitter();
    // A killed worker resets it; its exit is reported anyway.
    stream.on('error', () => {});
    stream.on('data', (chunk: Buffer) => {
      for (const line of lines.push(chunk)) this.#waiter?.(parse(line));
    });
  }

  /** @throws NoJavaScriptRuns, or an error with the reason why there is no stack. */
  async capture({ signal, kernel }: CaptureRequest): Promise<readonly StackFrame[]> {
    if (kernel?.state === 'T' || kernel?.state === 't') throw new NoJavaScriptRuns('it is stopped');
    if (!this.#stream?.writable) throw new Error('it was started without a watchdog thread');
    const stream = this.#stream;
    const answer = await new Promise<WatchdogAnswer>((resolve, reject) => {
      this.#waiter = resolve;
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      stream.write('stack\n');
    });
    if ('frames' in answer) return answer.frames;
    throw answer.isUnreachable ? new NoJavaScriptRuns(answer.error) : new Error(answer.error);
  }
}

const NO_SENSE: WatchdogAnswer = {
  error: 'its watchdog thread gave no sensible answer',
  isUnreachable: false,
};

/** A worker's output must not be able to end the process above it. */
function parse(line: string): WatchdogAnswer {
  try {
    const answer: unknown = JSON.parse(line);
    return isAnswer(answer) ? answer : NO_SENSE;
  } catch {
    return NO_SENSE;
  }
}

function isAnswer(value: unknown): value is WatchdogAnswer {
  if (!isObject(value)) return false;
  const { frames, error, isUnreachable } = value;
  if (frames === undefined) return typeof error === 'string' && typeof isUnreachable === 'boolean';
  return Array.isArray(frames) && frames.every(isFrame);
}

function isFrame(value: unknown): value is StackFrame {
  if (!isObject(value)) return false;
  const { functionName, file, line, column } = value;
  return (
    [functionName, file].every((text) => typeof text === 'string') && [line, column].every(Number.isInteger)
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
