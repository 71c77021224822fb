import {
  decodeMessage,
  type AssignedMessage,
  type AssignMessage,
  type ChildMessage,
  type CloseDebuggerMessage,
  type ParentMessage,
  type PrepareMessage,
  type ReloadMessage,
  type UserMessage,
  type UserMessageTaken,
} from '../protocol/protocol';
import type { RawHandle } from '../common/raw-handle';
import type { GiveUpMessage } from '../common/socket-moves';
import { AskedSockets } from './asked-sockets';
import { holdWhileAsking, whenAnswered } from './hold-while-asking';
import { ownChannel } from '../node-internals/own-channel';
import { closeDebugger, closeIfStray } from './program-debugger';
import { programMetrics } from '../health/program-metrics';
import { readExactly } from './read-exactly';

/** The IPC channel to the process above. It never keeps the event loop alive once the worker has booted. */
export class ParentLink {
  readonly #channel = ownChannel();
  readonly #sockets = new AskedSockets();
  #onReload: ((message: ReloadMessage) => void) | undefined;
  readonly #earlyReloads: ReloadMessage[] = [];
  #onCommand: (command: 'dump' | 'hurry' | 'stop') => void = () => {};
  #onPauseAccepting: (forMs: number) => void = () => {};
  #onAssigned: ((message: AssignedMessage) => void) | undefined;
  #onRehearse: () => void = () => {};
  #onUserMessage: ((message: UserMessage | UserMessageTaken) => void) | undefined;
  readonly #earlyUserMessages: (UserMessage | UserMessageTaken)[] = [];

  /** Reads the first message, before anything else. Blocks. */
  prepare(): PrepareMessage {
    const prepare = readMessage() as PrepareMessage;
    // The parent sends nothing before our first heartbeat: a message without a listener would be lost.
    this.#channel.onMessage((raw, handle) => {
      const message = raw as ParentMessage;
      switch (message.type) {
        case 'dump':
        case 'hurry':
        case 'stop':
          this.#onCommand(message.type);
          return;
        case 'pause_accepting':
          this.#onPauseAccepting(message.forMs);
          return;
        case 'rehearse':
          this.#onRehearse();
          return;
        case 'assigned':
          this.#onAssigned?.(message);
          return;
        case 'close_debugger':
          this.#closeDebugger(message);
          return;
        case 'metrics':
          void this.#tellMetrics(message.id);
          return;
        case 'socket_give_up':
          void this.#giveUp(message);
          return;
        case 'socket_instead':
          void this.#sockets.instead(message, handle as RawHandle | undefined, () =>
            this.send({ type: 'socket_closed', key: message.key }),
          );
          return;
        case 'user_message':
        case 'user_message_taken':
          if (this.#onUserMessage) this.#onUserMessage(message);
          else this.#earlyUserMessages.push(message);
          return;
        case 'reload':
          if (this.#onReload) this.#onReload(message);
          else this.#earlyReloads.push(message);
      }
    });
    this.#channel.unref();
    holdWhileAsking((asker, options) => this.#sockets.note(asker, options));
    return prepare;
  }

  /** Reads the second message. Blocks. */
  assign(): AssignMessage {
    return readMessage() as AssignMessage;
  }

  /** For a worker in reserve: both parts again, as one message. If the parent is gone, the worker ends. */
  assigned(): Promise<AssignedMessage> {
    return new Promise((resolve) => {
      let isAssigned = false;
      this.#onAssigned = (message) => {
        isAssigned = true;
        resolve(message);
      };
      this.#channel.onEnd(() => {
        if (!isAssigned) process.exit(0);
      });
    });
  }

  /** The worker waits in reserve, and there is time. */
  onRehearse(callback: () => void): void {
    this.#onRehearse = callback;
  }

  async #giveUp(message: GiveUpMessage): Promise<void> {
    this.send({ type: 'socket_given_up', id: message.id, outcome: await this.#sockets.giveUp(message) });
  }

  async #tellMetrics(id: number): Promise<void> {
    this.send({ type: 'metrics', id, ...(await programMetrics()) });
  }

  onReload(consume: (message: ReloadMessage) => void): void {
    this.#onReload = consume;
    for (const message of this.#earlyReloads.splice(0)) consume(message);
  }

  onUserMessage(consume: (message: UserMessage | UserMessageTaken) => void): void {
    this.#onUserMessage = consume;
    for (const message of this.#earlyUserMessages.splice(0)) consume(message);
  }

  /** An earlier command has nothing to act on. */
  onCommand(consume: (command: 'dump' | 'hurry' | 'stop') => void): void {
    this.#onCommand = consume;
  }

  /** An earlier message is followed by others. */
  onPauseAccepting(consume: (forMs: number) => void): void {
    this.#onPauseAccepting = consume;
  }

  onOrphaned(callback: () => void): void {
    this.#channel.onEnd(callback);
  }

  send(message: ChildMessage): void {
    // A worker that listens is up only once its sockets are here.
    if (message.type === 'running') whenAnswered(() => this.#channel.send(message));
    else this.#channel.send(message);
  }

  #closeDebugger({ url, isOurs }: CloseDebuggerMessage): void {
    if (isOurs) closeDebugger(url);
    else this.send({ type: 'debugger', url, whose: closeIfStray(url) });
  }
}

/** The process ends if the parent died before it sent the message: nothing has begun. */
function readMessage(): unknown {
  return decodeMessage(readExactly) ?? process.exit(0);
}
