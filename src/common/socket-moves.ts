/**
 * What a process says to those below it when a socket that they have must make way for one that their successors want:
 * another address on the same port. On the wire between supervisor, server and process workers.
 */

/** A listening socket as the system names it. */
export interface SocketName {
  readonly isDatagram: boolean;
  readonly address: string;
  readonly port: number;
}

/** Close every copy of the socket. The answer tells the outcome. */
export interface GiveUpMessage {
  readonly type: 'socket_give_up';
  readonly id: number;
  /** The place of one server or datagram socket in one worker, so that it is found again. */
  readonly seat: number;
  readonly key: string;
  readonly socket: SocketName;
  /** The key of the socket that is wanted instead. */
  readonly by: string;
  /** It is a successor of the whole server process that wants it. */
  readonly isForced: boolean;
}

/** given: it has none any more. nothing: it had none. refused: it goes on with it. */
export type GiveUpOutcome = 'given' | 'nothing' | 'refused';

export interface GivenUpMessage {
  readonly type: 'socket_given_up';
  readonly id: number;
  readonly outcome: GiveUpOutcome;
}

/** Accept from this one instead; the handle comes beside it. Without a handle: there is none, wait no longer. */
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
