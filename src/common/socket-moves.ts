/**
 * Messages from a process to those below it when one of their sockets must make way for one that their successors want:
 * another address on the same port. Sent between supervisor, server and process workers.
 */

/** A listening socket, in the terms of the system. */
export interface SocketName {
  readonly isDatagram: boolean;
  readonly address: string;
  readonly port: number;
}

/** Close every copy of the socket. The answer gives the outcome. */
export interface GiveUpMessage {
  readonly type: 'socket_give_up';
  readonly id: number;
  /** Identifies one server or datagram socket in one worker, so that it is found again. */
  readonly seat: number;
  readonly key: string;
  readonly socket: SocketName;
  /** The key of the socket that is wanted instead. */
  readonly by: string;
  /** A successor of the whole server process wants it. */
  readonly isForced: boolean;
}

/** given: the socket was closed. nothing: there was none. refused: it stays in use. */
export type GiveUpOutcome = 'given' | 'nothing' | 'refused';

export interface GivenUpMessage {
  readonly type: 'socket_given_up';
  readonly id: number;
  readonly outcome: GiveUpOutcome;
}

/** Accept from this socket instead; the handle is sent along. Without a handle: there is none, stop waiting. */
export interface InsteadMessage {
  readonly type: 'socket_instead';
  readonly seat: number;
  readonly key: string;
}

/** A socket that came by an InsteadMessage was closed, and the worker lives on. */
export interface SocketClosedMessage {
  readonly type: 'socket_closed';
  readonly key: string;
}
