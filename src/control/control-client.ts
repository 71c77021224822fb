import net from 'node:net';
import type { Command, ResultOf } from '../commands/command';
import { systemClock, type ClockTimer } from '../common/clock';
import type { EngineEventName } from '../contract/events';
import {
  CONTROL_VERSION,
  encodeControl,
  type ControlAnswers,
  type ControlHello,
  type ControlMessage,
  type ControlRequest,
} from './control-protocol';
import { escapeControls } from '../record/escape';
import { LineReader } from './line-reader';

/**
 * gone: nothing listens there. denied: the system refuses access. late: no answer in time. refused: the engine refuses,
 * or it is not an engine. closed: it ended before it answered.
 */
export type ControlTrouble = 'gone' | 'denied' | 'late' | 'refused' | 'closed';

export class ControlError extends Error {
  readonly trouble: ControlTrouble;

  constructor(trouble: ControlTrouble, message: string) {
    super(message);
    this.name = 'ControlError';
    this.trouble = trouble;
  }
}

/** Enough for the status of thousands of workers. */
const MOST_ANSWER_BYTES = 16 * 1024 * 1024;

const PROBLEMS: Readonly<Record<string, ControlTrouble>> = {
  ENOENT: 'gone',
  ECONNREFUSED: 'gone',
  ENOTSOCK: 'gone',
  ENOTDIR: 'gone',
  EACCES: 'denied',
  EPERM: 'denied',
};

const NO_HELLO: ControlHello = { version: '', pid: 0, role: 'server' };

interface Question {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Sends requests to an engine over its control socket. */
export class ControlClient {
  readonly #socket: net.Socket;
  readonly #lines = new LineReader(MOST_ANSWER_BYTES);
  readonly #questions = new Map<number, Question>();
  #asked = 0;
  #onHello: ((hello: ControlHello | ControlError) => void) | undefined;
  #onEvent: (event: EngineEventName, payload: unknown) => void = () => {};
  #end: ControlError | undefined;
  /** Resolves when the connection is over. */
  readonly closed: Promise<void>;

  /** The greeting of the engine that answers. */
  hello: ControlHello = NO_HELLO;

  private constructor(path: string) {
    this.#socket = net.connect(path);
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#socket.on('error', ({ code = '', message }: NodeJS.ErrnoException) =>
      this.#fail(new ControlError(PROBLEMS[code] ?? 'closed', message)),
    );
    this.closed = new Promise((resolve) => {
      this.#socket.once('close', () => {
        this.#fail(new ControlError('closed', 'the engine has closed the connection'));
        resolve();
      });
    });
  }

  /** @throws ControlError (as a rejection) */
  static async connect(path: string, limitMs: number): Promise<ControlClient> {
    const client = new ControlClient(path);
    const hello = new Promise<ControlHello>((resolve, reject) => {
      client.#onHello = (said) => (said instanceof ControlError ? reject(said) : resolve(said));
    });
    try {
      client.hello = await client.#within(limitMs, hello);
      return client;
    } catch (error) {
      client.close();
      throw error;
    }
  }

  /** @throws ControlError (as a rejection) */
  async ask<R extends ControlRequest['request']>(
    request: ControlRequest & { readonly request: R },
    limitMs: number,
  ): Promise<ControlAnswers[R]> {
    if (this.#end) throw this.#end;
    const id = (this.#asked += 1);
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#questions.set(id, { resolve, reject });
      this.#socket.write(encodeControl({ v: CONTROL_VERSION, id, ...request }));
    });
    try {
      return (await this.#within(limitMs, answer)) as ControlAnswers[R];
    } finally {
      this.#questions.delete(id);
    }
  }

  /** @throws ControlError (as a rejection) */
  async submit<C extends Command>(command: C, limitMs: number): Promise<ResultOf<C>> {
    return (await this.ask({ request: 'command', command }, limitMs)) as ResultOf<C>;
  }

  /** Calls back with every event of the tree from now on. @throws ControlError (as a rejection) */
  async subscribe(
    onEvent: (event: EngineEventName, payload: unknown) => void,
    limitMs: number,
  ): Promise<void> {
    this.#onEvent = onEvent;
    await this.ask({ request: 'events' }, limitMs);
  }

  close(): void {
    this.#socket.destroy();
  }

  async #within<T>(limitMs: number, answer: Promise<T>): Promise<T> {
    if (limitMs === Infinity) return answer;
    let timer: ClockTimer | undefined;
    const late = new Promise<never>((_, reject) => {
      const message = `the engine has not answered within ${limitMs / 1000} s`;
      timer = systemClock.after(limitMs, () => reject(new ControlError('late', message)));
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      timer?.cancel();
    }
  }

  #read(chunk: Buffer): void {
    for (const line of this.#lines.push(chunk)) this.#onLine(line);
    if (this.#lines.isTooLong)
      this.#fail(new ControlError('refused', 'the program that answers there is not an engine'));
  }

  #onLine(line: string): void {
    const message = parse(line);
    if (!message) {
      this.#fail(new ControlError('refused', 'the program that answers there is not an engine'));
    } else if ('hello' in message) {
      this.#onVersion(message.v, message.hello);
    } else if ('event' in message) {
      this.#onEvent(message.event, message.payload);
    } else if (message.id === undefined) {
      this.#fail(
        new ControlError(
          'refused',
          'error' in message ? message.error : 'the program that answers there is not an engine',
        ),
      );
    } else {
      const question = this.#questions.get(message.id);
      if ('error' in message) question?.reject(new ControlError('refused', message.error));
      else question?.resolve(message.answer);
    }
  }

  #onVersion(version: number, hello: ControlHello): void {
    if (version === CONTROL_VERSION) {
      this.#onHello?.(hello);
      return;
    }
    const ours = `this serverengine speaks version ${CONTROL_VERSION} of the control protocol`;
    const cure = `Use the serverengine of the package of that engine, ${hello.version}`;
    this.#fail(new ControlError('refused', `${ours}, the engine version ${String(version)}. ${cure}`));
  }

  #fail(error: ControlError): void {
    if (this.#end) return;
    this.#end = error;
    this.#onHello?.(error);
    for (const { reject } of this.#questions.values()) reject(error);
    this.#socket.destroy();
  }
}

/** Text must not control the terminal that shows it: root may ask the engine of another user. */
function harmless(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? escapeControls(value) : value;
}

function parse(line: string): ControlMessage | undefined {
  try {
    const value: unknown = JSON.parse(line, harmless);
    return typeof value === 'object' && value !== null && 'v' in value
      ? (value as ControlMessage)
      : undefined;
  } catch {
    return undefined;
  }
}
