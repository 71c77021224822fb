/** The messages between a supervisor and its server process, over the descriptors of protocol.ts. */
import type { AnyResult, Command } from '../commands/command';
import type { ProgramMetrics } from '../commands/program-metrics';
import type { LoadedConfig } from '../config/load';
import type { ForwardedEvent } from '../contract/events';
import type { RestartResult } from '../contract/results';
import type { EngineStatus, ServerState } from '../contract/status';
import type { LogFormat } from '../record/record';
import type { GivenUpMessage, GiveUpMessage, InsteadMessage } from '../common/socket-moves';
import type { SocketQuery } from '../common/socket-query';

/** Sent through the heartbeat's descriptor, like a worker's boot message. */
export interface ServerBoot {
  readonly generation: number;
  /** The last good configuration: a server is restarted with it even if the file is broken by now. */
  readonly config: Omit<LoadedConfig, 'warnings'>;
  /** Whether the log of the main process is a terminal. */
  readonly isTerminal: boolean;
  /** The format in which it takes records, if not that of the config. */
  readonly recordFormat: LogFormat | undefined;
  readonly processTitle: string | undefined;
  /**
   * No server of this supervisor was up yet: a server whose workers do not come up ends, unless startRetry says
   * otherwise.
   */
  readonly mustComeUp: boolean;
  /** It sends its events from the start. */
  readonly tellsEvents: boolean;
}

/** Server to supervisor. */
export type ServerMessage =
  /**
   * The first message: it takes commands as messages, and answers them. A server that sends another message first does
   * not.
   */
  | { readonly type: 'takes_commands' }
  /** The outcome of the command with that id. */
  | { readonly type: 'answer'; readonly id: number; readonly result: AnyResult }
  /** The answer to the request with that id. */
  | { readonly type: 'status'; readonly id: number; readonly status: EngineStatus }
  /** The same for the metrics of the programs in its workers. */
  | { readonly type: 'metrics'; readonly id: number; readonly metrics: readonly ProgramMetrics[] }
  /** An event of its workers. Only while the supervisor wants events. */
  | ({ readonly type: 'event' } & ForwardedEvent)
  /** Its state has changed. */
  | { readonly type: 'state'; readonly state: ServerState }
  /** The first worker is in run(). tellsFirstRound: absent in another version, which never sends `first_round`. */
  | { readonly type: 'up'; readonly tellsFirstRound?: true }
  /** The workers that it starts with are all ready, or one of them has failed. Sent once, before or after `up`. */
  | { readonly type: 'first_round'; readonly result: RestartResult }
  /** It will not come up. isHopeless: its object could not even be made. */
  | { readonly type: 'failed'; readonly reason: string; readonly isHopeless: boolean }
  /** A worker has failed before any was up. */
  | { readonly type: 'trying'; readonly reason: string }
  /** Its workers ended with unrecoverable exit codes: the whole tree ends, with the exit status of the server. */
  | { readonly type: 'unrecoverable' }
  /** Open this socket, or pass the one that is open. */
  | { readonly type: 'socket'; readonly id: number; readonly query: SocketQuery; readonly index: number }
  /** It no longer needs that socket. */
  | { readonly type: 'socket_dropped'; readonly query: SocketQuery; readonly index: number }
  /** The outcome of a GiveUpMessage: 'nothing' if it was given up and goes on without the supervisor's help. */
  | GivenUpMessage
  /** The path of that unix socket may have been removed. */
  | { readonly type: 'socket_path'; readonly query: SocketQuery; readonly index: number }
  /** It stops, and has closed its copies of all sockets. The answer is a SocketAnswer without a socket. */
  | {
      readonly type: 'sockets_let_go';
      readonly id: number;
      /** Programs outside the tree may have copies of these. */
      readonly forOthers: readonly { readonly query: SocketQuery; readonly index: number }[];
    };

/** Supervisor to server. */
export type SupervisorMessage =
  | SocketAnswer
  /** The answer is a message with the same id. */
  | { readonly type: 'command'; readonly id: number; readonly command: Command }
  | { readonly type: 'status' | 'metrics'; readonly id: number }
  /** Whether to send events. A server of another version does not know this message, and sends none. */
  | { readonly type: 'events'; readonly areWanted: boolean }
  | GiveUpMessage
  | InsteadMessage;

/** The handle is sent along. */
export interface SocketAnswer {
  readonly type: 'socket';
  readonly id: number;
  /** 0, or a negative errno. */
  readonly errno: number;
  readonly sockname?: Readonly<Record<string, unknown>>;
}
