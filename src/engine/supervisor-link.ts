import { systemClock } from '../common/clock';
import type { GiveUpMessage } from '../common/socket-moves';
import type { SocketQuery } from '../common/socket-query';
import {
  isForwarded,
  type EngineEventName,
  type EngineEvents,
  type ForwardedEvent,
} from '../contract/events';
import type { CommandTarget } from '../commands/command';
import type { ServerRunner } from '../server/server-runner';
import { decodeMessage } from '../protocol/protocol';
import type { ServerBoot, ServerMessage, SocketAnswer, SupervisorMessage } from '../protocol/server-protocol';
import type { RawHandle } from '../sockets/held-socket';
import type { RemoteAnswer, RemoteName } from '../sockets/remote-sockets';
import { ownChannel } from '../node-internals/own-channel';
import { readExactly } from '../child/read-exactly';

const FLUSH_LIMIT_MS = 1000;

const LONGEST_ANSWER_MS = 1000;

// A frozen supervisor reads nothing: unsent events must not fill the memory of the server.
const MOST_UNSENT_EVENTS = 1000;

/** The IPC channel of a server process to its supervisor. It never keeps the event loop alive. */
export class SupervisorLink {
  readonly #channel = ownChannel();
  readonly #questions = new Map<number, (answer: RemoteAnswer) => void>();
  #asked = 0;
  #pendingSends = 0;
  #unsentEvents = 0;
  #areEventsWanted = false;
  #onFlushed: (() => void) | undefined;

  /** Reads the first message. The process ends if the supervisor died before it was sent: nothing has begun. */
  boot(): ServerBoot {
    const boot = decodeMessage(readExactly) as ServerBoot | undefined;
    if (!boot) process.exit(0);
    this.#areEventsWanted = boot.tellsEvents;
    return boot;
  }

  /**
   * Takes commands and questions from now on.
   * @param giveUp resolves with true when no process below has that socket any more. Must not reject.
   */
  listen(
    server: CommandTarget & Pick<ServerRunner, 'status' | 'programMetrics'>,
    giveUp: (message: GiveUpMessage) => Promise<boolean>,
  ): void {
    // This must be the first message: a process that sends another one first gets no commands.
    this.send({ type: 'takes_commands' });
    this.#channel.onMessage((raw, handle) => {
      const message = raw as SupervisorMessage;
      switch (message.type) {
        case 'command': {
          const { id, command } = message;
          void server.submit(command).then((result) => this.send({ type: 'answer', id, result }));
          return;
        }
        case 'status':
          this.send({ type: 'status', id: message.id, status: server.status() });
          return;
        case 'metrics': {
          const { id } = message;
          void server.programMetrics().then((metrics) => this.send({ type: 'metrics', id, metrics }));
          return;
        }
        case 'events':
          this.#areEventsWanted = message.areWanted;
          return;
        case 'socket_give_up': {
          const { id } = message;
          void giveUp(message).then((isGiven) =>
            this.send({ type: 'socket_given_up', id, outcome: isGiven ? 'nothing' : 'refused' }),
          );
          return;
        }
        case 'socket_instead':
          // This server has refused to give the socket up: it asks for sockets itself when it needs them.
          (handle as RawHandle | undefined)?.close();
          return;
        case 'socket':
          this.#answer(message, handle as RawHandle | undefined);
      }
    });
    this.#channel.unref();
  }

  #answer({ id, errno, sockname = {} }: SocketAnswer, handle: RawHandle | undefined): void {
    const resolve = this.#questions.get(id);
    this.#questions.delete(id);
    resolve?.({ errno, sockname, handle });
  }

  onOrphaned(callback: () => void): void {
    this.#channel.onEnd(callback);
  }

  askSocket(query: SocketQuery, index: number): Promise<RemoteAnswer> {
    if (!this.#channel.isConnected) return Promise.reject(new Error('the supervisor is gone'));
    const id = this.#asked++;
    return new Promise((resolve) => {
      this.#questions.set(id, resolve);
      this.send({ type: 'socket', id, query, index });
    });
  }

  /** Resolves when the supervisor has confirmed it; at once if there is no supervisor any more. */
  tellLetGo(forOthers: readonly RemoteName[]): Promise<void> {
    if (!this.#channel.isConnected) return Promise.resolve();
    const id = this.#asked++;
    return new Promise((resolve) => {
      this.#questions.set(id, () => resolve());
      this.#channel.onEnd(resolve);
      // A frozen supervisor must not keep the workers from stopping.
      systemClock.after(LONGEST_ANSWER_MS, resolve, { unref: true });
      this.send({ type: 'sockets_let_go', id, forOthers });
    });
  }

  /** Sends an event if the supervisor has a listener for it. */
  tellEvent<E extends EngineEventName>(event: E, payload: EngineEvents[E]): void {
    if (!this.#areEventsWanted || !isForwarded(event) || this.#unsentEvents >= MOST_UNSENT_EVENTS) return;
    this.#unsentEvents += 1;
    this.send({ type: 'event', ...({ event, payload } as ForwardedEvent) }, () => {
      this.#unsentEvents -= 1;
    });
  }

  /** @param onSent is not called if there is no supervisor any more. */
  send(message: ServerMessage, onSent: () => void = () => {}): void {
    if (!this.#channel.isConnected) return;
    this.#pendingSends += 1;
    this.#channel.send(message, () => {
      this.#pendingSends -= 1;
      onSent();
      if (this.#pendingSends === 0) this.#onFlushed?.();
    });
  }

  /** Resolves when everything that was sent has left this process, so that it may exit. */
  flushed(): Promise<void> {
    if (this.#pendingSends === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onFlushed = resolve;
      // A supervisor that no longer reads must not hold us up.
      systemClock.after(FLUSH_LIMIT_MS, resolve);
    });
  }
}
