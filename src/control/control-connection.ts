import type net from 'node:net';
import type { RunningEngine } from '../commands/running-engine';
import { messageOf } from '../common/errors';
import type { EngineEventName, EngineEvents } from '../contract/events';
import { checkCommand } from '../protocol/check-command';
import { openEnvelope, type Envelope } from './check-request';
import {
  CONTROL_VERSION,
  encodeControl,
  MOST_REQUEST_BYTES,
  type ControlHello,
  type LogPlace,
} from './control-protocol';
import { LineReader } from './line-reader';

export interface ConnectionDeps {
  readonly running: RunningEngine;
  readonly hello: ControlHello;
  readonly log: () => LogPlace;
  /** The client wants events from now on. */
  readonly onSubscribed: () => void;
}

// A client with more open requests than this is broken.
const MOST_OPEN_REQUESTS = 32;

/** How much may wait for a client that does not read: the events of a day, and still little memory. */
const MOST_UNREAD_BYTES = 1024 * 1024;

// Connections are limited: an idle client is disconnected.
const IDLE_MS = 60_000;

/** One client of the control socket. */
export class ControlConnection {
  readonly #socket: net.Socket;
  readonly #deps: ConnectionDeps;
  readonly #lines = new LineReader(MOST_REQUEST_BYTES);
  #openRequests = 0;
  #hearsEvents = false;
  /** The client has closed its side. */
  #hasSaidAll = false;
  #onIdle: () => void = () => {};

  constructor(socket: net.Socket, deps: ConnectionDeps) {
    this.#socket = socket;
    this.#deps = deps;
    // A client that is gone needs no answer.
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('end', () => {
      this.#hasSaidAll = true;
      // A client that is gone altogether looks the same: it must not get events for ever.
      this.#hearsEvents = false;
      this.#endWhenDone();
    });
    socket.setTimeout(IDLE_MS, () => {
      if (this.#openRequests === 0 && !this.#hearsEvents) socket.end();
    });
    this.#say({ hello: deps.hello });
  }

  /** An event has happened in the tree. */
  tell(event: EngineEventName, payload: EngineEvents[EngineEventName]): void {
    if (this.#hearsEvents) this.#say({ event, payload });
  }

  /** Answers no more requests; resolves when the open ones were answered. */
  async finish(): Promise<void> {
    this.#hearsEvents = false;
    this.#hasSaidAll = true;
    if (this.#openRequests > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    this.#socket.end();
  }

  #read(chunk: Buffer): void {
    if (this.#hasSaidAll) return;
    for (const line of this.#lines.push(chunk)) {
      if (line.trim() !== '') this.#onLine(line);
    }
    if (this.#lines.isTooLong)
      this.#refuse(`a request may have ${MOST_REQUEST_BYTES} bytes, and this line is longer`);
  }

  #onLine(line: string): void {
    if (this.#hasSaidAll) return;
    if (this.#openRequests >= MOST_OPEN_REQUESTS) {
      this.#refuse(`${MOST_OPEN_REQUESTS} requests have no answer yet, and one connection may have no more`);
      return;
    }
    const envelope = openEnvelope(line);
    if (!('error' in envelope)) void this.#handle(envelope);
    else if (envelope.id === undefined) this.#refuse(envelope.error);
    else this.#say(envelope);
  }

  async #handle(envelope: Envelope): Promise<void> {
    const { id } = envelope;
    this.#openRequests += 1;
    try {
      this.#say({ id, answer: await this.#answer(envelope) });
    } catch (error) {
      this.#say({ id, error: messageOf(error) });
    }
    this.#openRequests -= 1;
    if (this.#openRequests > 0) return;
    this.#onIdle();
    this.#endWhenDone();
  }

  async #answer({ request, command }: Envelope): Promise<unknown> {
    const { running, log, onSubscribed } = this.#deps;
    switch (request) {
      case 'command':
        return running.submit(checkCommand(command));
      case 'status':
        return running.status();
      case 'log':
        return log();
      case 'events':
        this.#hearsEvents = true;
        onSubscribed();
        return { ok: true };
    }
  }

  /** For input that is not a request of this protocol: anything after it cannot be trusted. */
  #refuse(error: string): void {
    if (this.#hasSaidAll) return;
    this.#hasSaidAll = true;
    this.#say({ error });
    this.#socket.end();
  }

  #say(message: object): void {
    const { writable, writableLength } = this.#socket;
    if (!writable) return;
    if (writableLength > MOST_UNREAD_BYTES) {
      this.#socket.destroy();
      return;
    }
    this.#socket.write(encodeControl({ v: CONTROL_VERSION, ...message }));
  }

  /** As with `printf … | nc -U`, which closes its side at once. */
  #endWhenDone(): void {
    if (this.#hasSaidAll && this.#openRequests === 0) this.#socket.end();
  }
}
