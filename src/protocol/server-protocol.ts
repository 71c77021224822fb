/** What a supervisor and its server process say to each other, over the descriptors of protocol.ts. */
import type { AnyResult, Command } from '../commands/command';
import type { ProgramMetrics } from '../commands/program-metrics';
import type { LoadedConfig } from '../config/load';
import type { ForwardedEvent } from '../contract/events';
import type { RestartResult } from '../contract/results';
import type { EngineStatus, ServerState } from '../contract/status';
import type { LogFormat } from '../record/record';
import type { GivenUpMessage, GiveUpMessage, InsteadMessage } from '../common/socket-moves';
import type { SocketQuery } from '../common/socket-query';

/** Goes down the heartbeat's descriptor, as a worker's boot message does. */
export interface ServerBoot {
  readonly generation: number;
  /** The last good configuration: a server is started again with it even if the file is broken by now. */
  readonly config: Omit<LoadedConfig, 'warnings'>;
  /** Whether the log of the main process is a terminal. */
  readonly isTerminal: boolean;
  /** In which form it takes records, if not in the one of the config. */
  readonly recordFormat: LogFormat | undefined;
  readonly processTitle: string | undefined;
  /** No server of this supervisor was up yet: one whose workers do not come up ends, unless startRetry says otherwise. */
  readonly mustComeUp: boolean;
  /** It tells of its events from the start. */
  readonly tellsEvents: boolean;
}

/** Server to supervisor. */
export type ServerMessage =
  /** Before any other: it takes commands as messages, and answers them. A server that says something else first does not. */
  | { readonly type: 'takes_commands' }
  /** The outcome of the command with that id. */
  | { readonly type: 'answer'; readonly id: number; readonly result: AnyResult }
  /** It was asked for, by that id. */
  | { readonly type: 'status'; readonly id: number; readonly status: EngineStatus }
  /** The same for what the programs of its workers count. */
  | { readonly type: 'metrics'; readonly id: number; readonly metrics: readonly ProgramMetrics[] }
  /** Something has happened to its workers. Only while the supervisor wants to hear of it. */
  | ({ readonly type: 'event' } & ForwardedEvent)
  /** It has changed. */
  | { readonly type: 'state'; readonly state: ServerState }
  /** The first worker is in run(). tellsFirstRound: one of another version does not, and never says the next. */
  | { readonly type: 'up'; readonly tellsFirstRound?: true }
  /** The workers that it begins with are all ready, or one of them is not going to be. Once, before or after `up`. */
  | { readonly type: 'first_round'; readonly result: RestartResult }
  /** It is not going to be up. isHopeless: its object could not even be made. */
  | { readonly type: 'failed'; readonly reason: string; readonly isHopeless: boolean }
  /** A worker has failed before any was up. */
  | { readonly type: 'trying'; readonly reason: string }
  /** Its workers ended for good: the whole tree ends, with the exit status of the server. */
  | { readonly type: 'unrecoverable' }
  /** Open this socket, or give the one that is open. */
  | { readonly type: 'socket'; readonly id: number; readonly query: SocketQuery; readonly index: number }
  /** It wants that socket no more. */
  | { readonly type: 'socket_dropped'; readonly query: SocketQuery; readonly index: number }
  /** The outcome of a GiveUpMessage: 'nothing' if it was given up and goes on without the supervisor's help. */
  | GivenUpMessage
  /** Somebody may have removed the path of that unix socket. */
  | { readonly type: 'socket_path'; readonly query: SocketQuery; readonly index: number }
  /** It stops, and has closed its copies of all sockets. The answer is a SocketAnswer without one. */
  | {
      readonly type: 'sockets_let_go';
      readonly id: number;
      /** Programs outside of the tree may have copies of these. */
      readonly forOthers: readonly { readonly query: SocketQuery; readonly index: number }[];
    };

/** Supervisor to server. */
export type SupervisorMessage =
  | SocketAnswer
  /** The answer is a message with the same id. */
  | { readonly type: 'command'; readonly id: number; readonly command: Command }
  | { readonly type: 'status' | 'metrics'; readonly id: number }
  /** Whether it is to tell of its events. One of another version does not know this, and tells nothing. */
  | { readonly type: 'events'; readonly areWanted: boolean }
  | GiveUpMessage
  | InsteadMessage;

/** The handle comes beside it. */
export interface SocketAnswer {
  readonly type: 'socket';
  readonly id: number;
  /** 0, or a negative errno. */
  readonly errno: number;
  readonly sockname?: Readonly<Record<string, unknown>>;
}
