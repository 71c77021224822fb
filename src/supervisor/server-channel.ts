import { failed, type Command, type CommandTarget, type ResultOf } from '../commands/command';
import { signalFor } from '../commands/command-signals';
import { pipeWord } from '../commands/pipe-words';
import type { ProgramMetrics } from '../commands/program-metrics';
import type { Clock, ClockTimer } from '../common/clock';
import { marked } from '../node-internals/marked-messages';
import type { EngineConfig } from '../config/engine-config';
import type { EngineStatus } from '../contract/status';
import type { ProcessMonitor } from '../watch/process-monitor';
import type { ServerMessage, SupervisorMessage } from '../protocol/server-protocol';

export interface ServerChannelDeps {
  readonly monitor: Pick<ProcessMonitor, 'child' | 'pid' | 'firstBeat' | 'exited' | 'signal'>;
  /** The config with which it was started: its signals and its stdin. */
  readonly engine: EngineConfig;
  readonly clock: Clock;
}

/**
 * unknown: it has not reported yet. message: it takes commands over IPC, and answers. signal: it has another version,
 * and takes only signals.
 */
type Way = 'unknown' | 'message' | 'signal';

// It reports this before its first heartbeat, but by another descriptor.
const LATE_MS = 1000;

const STATUS_LIMIT_MS = 2000;
// The server waits for its workers.
const METRICS_LIMIT_MS = 3000;

/**
 * How a supervisor talks to one server process. Each question has an id and gets one answer, at the latest when the
 * server ends.
 */
export class ServerChannel implements CommandTarget {
  readonly #deps: ServerChannelDeps;
  readonly #questions = new Map<number, (answer: ServerMessage | undefined) => void>();
  /** Messages to send as soon as the way is known. */
  #unsaid: (() => void)[] = [];
  #asked = 0;
  #way: Way = 'unknown';
  #end: string | undefined;

  constructor(deps: ServerChannelDeps) {
    this.#deps = deps;
    let late: ClockTimer | undefined;
    void deps.monitor.firstBeat.then(() => {
      late = deps.clock.after(LATE_MS, () => this.#settleWay('signal'), { unref: true });
    });
    void deps.monitor.exited.then(({ code, signal }) => {
      late?.cancel();
      this.#end = `the server process ended with ${signal === null ? `status ${String(code)}` : `signal ${signal}`} before it answered`;
      for (const answer of [...this.#questions.values()]) answer(undefined);
      this.#questions.clear();
    });
  }

  /** Sees every message of the server first. */
  receive(message: ServerMessage): void {
    this.#settleWay(message.type === 'takes_commands' ? 'message' : 'signal');
    if (message.type !== 'answer' && message.type !== 'status' && message.type !== 'metrics') return;
    const answer = this.#questions.get(message.id);
    this.#questions.delete(message.id);
    answer?.(message);
  }

  /** For messages without an answer. A server of another version does not get them. */
  tell(message: SupervisorMessage): void {
    this.#say(() => {
      const { child } = this.#deps.monitor;
      if (this.#way === 'message' && child.connected) child.send(marked(message, child.pid), () => {});
    });
  }

  async submit<C extends Command>(command: C): Promise<ResultOf<C>> {
    if (this.#end !== undefined) return failed(command, this.#end);
    let why: string | undefined;
    const answer = await this.#ask(
      (id) => ({ type: 'command', id, command }),
      () => {
        why = this.#tellBySignal(command);
      },
    );
    if (answer?.type === 'answer') return answer.result as ResultOf<C>;
    return failed(command, why ?? this.#end ?? 'the server process does not answer');
  }

  /** Undefined: it did not answer in time. */
  async status(): Promise<EngineStatus | undefined> {
    const answer = await this.#look('status', STATUS_LIMIT_MS);
    return answer?.type === 'status' ? answer.status : undefined;
  }

  /** The metrics of the programs in its workers. Undefined: it did not answer in time. */
  async programMetrics(): Promise<readonly ProgramMetrics[] | undefined> {
    const answer = await this.#look('metrics', METRICS_LIMIT_MS);
    return answer?.type === 'metrics' ? answer.metrics : undefined;
  }

  async #look(type: 'status' | 'metrics', limitMs: number): Promise<ServerMessage | undefined> {
    if (this.#way !== 'message' || this.#end !== undefined) return undefined;
    let timer: ClockTimer | undefined;
    const tooLate = new Promise<undefined>((resolve) => {
      timer = this.#deps.clock.after(limitMs, () => resolve(undefined));
    });
    const asked = this.#ask(
      (id) => ({ type, id }),
      () => {},
    );
    const answer = await Promise.race([asked, tooLate]);
    timer?.cancel();
    return answer;
  }

  /** @param otherwise called if messages cannot reach the server: then there is no answer. */
  #ask(
    message: (id: number) => SupervisorMessage,
    otherwise: () => void,
  ): Promise<ServerMessage | undefined> {
    const id = (this.#asked += 1);
    return new Promise((resolve) => {
      this.#questions.set(id, resolve);
      const giveUp = (): void => {
        if (!this.#questions.delete(id)) return;
        otherwise();
        resolve(undefined);
      };
      this.#say(() => {
        const { child } = this.#deps.monitor;
        if (this.#way !== 'message' || !child.connected) giveUp();
        else
          child.send(marked(message(id), child.pid), (error) => {
            if (error) giveUp();
          });
      });
    });
  }

  #say(say: () => void): void {
    if (this.#way === 'unknown') this.#unsaid.push(say);
    else say();
  }

  /** The first result stays. */
  #settleWay(way: Way): void {
    if (this.#way !== 'unknown') return;
    this.#way = way;
    const unsaid = this.#unsaid;
    this.#unsaid = [];
    for (const say of unsaid) say();
  }

  /** Returns why there is no answer. */
  #tellBySignal(command: Command): string {
    if (this.#end !== undefined) return this.#end;
    return tellBySignal(this.#deps.monitor, this.#deps.engine, command)
      ? 'the server process got the command by signal, which has no answer: its log has the outcome'
      : 'the server process cannot get this command: it takes no messages, and no signal means it';
  }
}

/**
 * Sends the command as a word on stdin if the server takes its commands there, otherwise as a signal. False: there is
 * no word or signal for this command.
 */
export function tellBySignal(
  monitor: Pick<ProcessMonitor, 'child' | 'signal'>,
  engine: EngineConfig,
  command: Command,
): boolean {
  const word = engine.commandSender === 'pipe' ? pipeWord(command) : undefined;
  if (word !== undefined) {
    const { stdin } = monitor.child;
    if (stdin?.writable) stdin.write(`${word}\n`);
    return true;
  }
  const name = signalFor(command, engine);
  if (name) monitor.signal(name);
  return name !== undefined;
}
