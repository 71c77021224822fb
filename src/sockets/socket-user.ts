import type { SocketName } from '../common/socket-moves';
import type { SocketQuery } from '../common/socket-query';
import type { HeldSocket } from './held-socket';
import type { SocketClient } from './socket-client';
import type { Claimant, Contested } from './succession';

/** One process below this one that asks for sockets. */
export interface SocketUser {
  open(query: SocketQuery, index: number): Promise<HeldSocket | number>;
  has(query: SocketQuery, index: number): boolean;
  /** The process has a socket open. */
  isListening(): boolean;
  /** The process has sockets open, and shares each of them with another process. */
  sharesAll(): boolean;
  /** The data that all users of the socket share: what the first of them brought. */
  common(key: string, brought: unknown): unknown;
  /** The process has closed the socket, and goes on. */
  close(key: string): void;
  /** The process begins to end: its successor wants what it closes from now on. */
  leave(): void;
  /** The process has ended. */
  end(): void;
}

/** A user as its rivals see it: decides which of two processes may have a socket. */
export interface SocketMember extends Claimant {
  /** Undefined if the process does not give up its sockets. */
  readonly client?: SocketClient | undefined;
}

export interface SocketUsersOptions {
  /** Whether the asking process may have a socket instead of those that have it. */
  readonly succeeds: (asker: Claimant, contested: Contested) => boolean;
  /** Whether the process that has the socket is another server process, which must always give it up. */
  readonly forces?: (asker: Claimant, member: Claimant) => boolean;
  /** Workers were moved to another socket, back, or could not be. */
  readonly onMoved?: (moved: MovedNotice) => void;
}

export interface MovedNotice {
  readonly what: 'moved' | 'back' | 'lost';
  readonly from: SocketName | undefined;
  readonly to: SocketName | undefined;
  readonly users: number;
}
