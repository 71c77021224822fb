/**
 * What the server process and its workers say to each other. The only file of this room that child/ may import.
 *
 * Descriptors of a worker process: 0 /dev/null · 1, 2 raw output (native crashes; lines become log lines) ·
 * 3 IPC channel · 4 down: the boot message, up: the first heartbeat, and each that the board does not take · 5 finished
 * log records · 6 the board · 7 questions to the watchdog thread, where there is one.
 */
import { deserialize, serialize } from 'node:v8';
import { wire } from '../common/wires';
import type { Identity } from '../common/identity';
import type {
  GiveUpMessage,
  GivenUpMessage,
  InsteadMessage,
  SocketClosedMessage,
} from '../common/socket-moves';
import type { DumpSettings } from '../config/dump-settings';
import type { EngineConfig } from '../config/engine-config';
import type { ProgramMetricsAnswer } from '../commands/program-metrics';
import type { LogLevel } from '../record/logger';
import type { BoardPlace } from './board-record';

export const HEARTBEAT_FD = 4;
export const LOG_FD = 5;
/** See scoreboard.ts. /dev/null where there is none. */
export const BOARD_FD = 6;
export const WATCHDOG_FD = 7;

/**
 * A worker with these opens its debugger at a SIGUSR1: on a port that the system chooses, with an address that is
 * told to its stderr alone. Removed from execArgv as soon as they are read: programs that it starts are no workers.
 */
export const DEBUGGER_ARGS: readonly string[] = [
  '--inspect-port=127.0.0.1:0',
  '--inspect-publish-uid=stderr',
];

/** Names the role of a process that the engine started; removed from the environment as soon as it is read. */
export const ROLE_ENV = 'SERVERENGINE_INTERNAL_ROLE';

/** Of a program that is run only to have its configuration checked, by the command `serverengine check-config`. */
export const CHECK_ROLE = 'check';

/** What such a program says, once, over its IPC channel. */
export interface CheckReport {
  readonly type: 'serverengine_config';
  /** Everything that is wrong. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  /** What it would run: `web: 4 process workers`. */
  readonly groups: readonly string[];
}

/** `worker:INDEX`: a process worker of the INDEXth engine that the script creates. */
export function workerRole(engineIndex: number): string {
  return `worker:${String(engineIndex)}`;
}

/** `template:INDEX`: what process workers of that engine are forked from. */
export function templateRole(engineIndex: number): string {
  return `template:${String(engineIndex)}`;
}

/** `server:INDEX`: the server process of that engine, under a supervisor. */
export function serverRole(engineIndex: number): string {
  return `server:${String(engineIndex)}`;
}

/** `daemon:INDEX`: the main process of that engine, away from the terminal. */
export function daemonRole(engineIndex: number): string {
  return `daemon:${String(engineIndex)}`;
}

/** `successor:INDEX`: the main process that takes over from the one that started it. */
export function successorRole(engineIndex: number): string {
  return `successor:${String(engineIndex)}`;
}

/** A listening socket that the server holds, as data: the worker asks for the handle when it first needs it. */
export interface SharedSocketDescriptor {
  readonly protocol: 'tcp' | 'udp' | 'unix';
  /** Host name or address as it was asked for; undefined: every address. A path for unix. */
  readonly address: string | undefined;
  readonly port: number;
  readonly addressType: 4 | 6 | -1 | 'udp4' | 'udp6';
  readonly ipv6Only: boolean;
  readonly backlog: number | undefined;
}

/** A @shared() property on its way to a worker. */
export type SharedValue =
  | { readonly kind: 'data'; readonly value: unknown }
  | { readonly kind: 'socket'; readonly socket: SharedSocketDescriptor };

/**
 * The first message to a worker: all that it loads and makes ready by, already validated. Who it is follows. Both go
 * through the heartbeat's descriptor, not through IPC, where loaders that listen for messages of their own would swallow
 * them before we listen.
 */
export interface PrepareMessage {
  /** Which class of workers, where the engine has several. */
  readonly group?: string | undefined;
  /** It is to wait in reserve: who it is comes later, as a message. */
  readonly isStandby?: boolean;
  readonly config: unknown;
  readonly shared: Readonly<Record<string, SharedValue>>;
  /** Own fields of the server object that are not @shared(): reading one in a worker is an error that says the cure. */
  readonly unshared: readonly string[];
  readonly heartbeatIntervalMs: number;
  /** Where it says that it is alive, and how it is. Undefined: through the heartbeat's pipe alone. */
  readonly board?: BoardPlace | undefined;
  /** How long an orphaned worker may go on with a graceful stop before it ends by force; -1: for ever. */
  readonly orphanTimeoutMs: number;
  /** By what it is told that the worker is able to serve. */
  readonly ready: EngineConfig['workerReady'];
  /** At a graceful stop everything that the worker listens with is closed and drained for it. */
  readonly closeServers: boolean;
  readonly log: LogSettings;
  readonly dump: DumpSettings;
  /** A process becomes this before the Worker object is made. Undefined: stays. */
  readonly identity?: Identity | undefined;
  /** 'reusePort': TCP ports are listened on with a queue of the worker's own. */
  readonly socketScheduling: 'shared' | 'reusePort';
  readonly umask?: number | undefined;
  /** A thread of the worker is to answer at WATCHDOG_FD. */
  readonly hasWatchdog: boolean;
  /** It is a copy of a process that has loaded the program. */
  readonly isForked?: boolean;
  /** Arguments of node that are for the worker alone, not for the programs that it starts. */
  readonly ownArgs?: readonly string[];
  /** Warn of blocks of the event loop that are this long. Undefined: of none. */
  readonly lagWarnMs: number | undefined;
  /** The number of workers follows how busy their event loops are. */
  readonly measuresLoop: boolean;
}

/** The only message to a template. What it needs of `prepare` is what a worker would be told that starts now. */
export interface TemplateMessage {
  readonly prepare: PrepareMessage;
  /** The descriptor by which it is asked to fork. */
  readonly control: number;
  /** It is to try first whether a process that was forked here works. */
  readonly proves: boolean;
}

/** The second message: who the worker is. */
export interface AssignMessage {
  readonly workerId: number;
  readonly generation: number;
  /** What ps is to show. */
  readonly processTitle?: string | undefined;
}

/** Both, to a worker that waits in reserve: it loaded the program before it had an id, and the configuration may be another now. */
export interface AssignedMessage {
  readonly type: 'assigned';
  readonly prepare: PrepareMessage;
  readonly assign: AssignMessage;
}

/** Both, as a worker has them from its first line on. */
export type BootMessage = PrepareMessage & AssignMessage;

export interface LogSettings {
  readonly level: LogLevel;
  readonly format: 'text' | 'json';
  readonly color: boolean;
  readonly captureStdout: boolean;
  readonly captureStderr: boolean;
}

export interface ReloadMessage {
  readonly type: 'reload';
  readonly config: unknown;
  readonly heartbeatIntervalMs: number;
  readonly log: LogSettings;
  readonly dump: DumpSettings;
  readonly processTitle?: string | undefined;
  readonly lagWarnMs: number | undefined;
  readonly measuresLoop: boolean;
}

/** To a worker whose debugger is open and should not be. */
export interface CloseDebuggerMessage {
  readonly type: 'close_debugger';
  readonly url: string;
  /** We have opened it ourselves. Otherwise it is closed only if the program did not open it, and the worker answers. */
  readonly isOurs: boolean;
}

/** Its successor starts when it has ended: a graceful stop is not to wait for connections that are silent. */
export interface HurryMessage {
  readonly type: 'hurry';
}

/** A graceful stop, for a worker in which a library also listens for SIGTERM. */
export interface StopMessage {
  readonly type: 'stop';
}

/** Others that have its sockets are to accept for so long; 0: it is to accept again. A pause ends by itself, too. */
export interface PauseAcceptingMessage {
  readonly type: 'pause_accepting';
  readonly forMs: number;
}

/** To a worker in reserve: it has time to rehearse its first request. */
export interface RehearseMessage {
  readonly type: 'rehearse';
}

/** To a process that is not to be told by signal. */
export interface DumpMessage {
  readonly type: 'dump';
}

/** What does its program count? The answer is a message with the same id. */
export interface MetricsQuestion {
  readonly type: 'metrics';
  readonly id: number;
}

/** What a heartbeat tells beside that the event loop turns. */
export interface Beat {
  /** Memory of the process: resident set size. Undefined: it could not look. */
  readonly rssBytes: number | undefined;
}

const BEAT_BYTES = 8;
const BEAT_MARK = 1;
const KIB = 1024;

/** On the wire: a mark, three bytes for later, KiB or 0. Small enough to be written whole or not at all. */
export function encodeBeat({ rssBytes = 0 }: Beat): Buffer {
  const frame = Buffer.alloc(BEAT_BYTES);
  frame.writeUInt8(BEAT_MARK);
  frame.writeUInt32BE(Math.min(Math.round(rssBytes / KIB), 2 ** 32 - 1), 4);
  return frame;
}

/** The last beat of what was read; undefined: it beats, but not as we do (a server of another version). */
export function decodeBeat(chunk: Buffer): Beat | undefined {
  const frame = chunk.subarray(-BEAT_BYTES);
  if (frame.length < BEAT_BYTES || frame[0] !== BEAT_MARK) return undefined;
  return { rssBytes: frame.readUInt32BE(4) * KIB || undefined };
}

const HEADER_BYTES = 4;

/** On the wire: length, then the structured clone. */
export function encodeMessage(message: object): Buffer {
  wire('to a child that starts', message);
  const body = serialize(message);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(body.length);
  return Buffer.concat([header, body]);
}

/** Reads a message, waiting for it. `read` fills a buffer of that size, or returns undefined at the end. */
export function decodeMessage(read: (bytes: number) => Buffer | undefined): unknown {
  const header = read(HEADER_BYTES);
  const body = header && read(header.readUInt32BE());
  const message = body && (deserialize(body) as object);
  if (message) wire('from the process above', message);
  return message;
}

/** Of one message of the program, as it is sent. What is larger belongs into a file, a store or a stream. */
export const LONGEST_MESSAGE_BYTES = 4 * 1024 * 1024;

/** A message of the program at one end to the program at the other: its structured clone. */
export interface UserMessage {
  readonly type: 'user_message';
  /** Of the sender, to know the answer by. */
  readonly id: number;
  readonly body: Uint8Array;
}

/** The receiver has handled that message, or is not going to. */
export interface UserMessageTaken {
  readonly type: 'user_message_taken';
  readonly id: number;
  /** Why it was not handled, or not wholly. */
  readonly problem?: string;
}

/** Parent to worker, after the first message. A server process takes that of a dump from its supervisor. */
export type ParentMessage =
  | ReloadMessage
  | RehearseMessage
  | AssignedMessage
  | StopMessage
  | HurryMessage
  | PauseAcceptingMessage
  | CloseDebuggerMessage
  | DumpMessage
  | MetricsQuestion
  | GiveUpMessage
  | InsteadMessage
  | UserMessage
  | UserMessageTaken;

/**
 * Whose the debugger at that address is. stray: opened by a signal from outside, and closed · program: opened by the
 * worker's program · other: that of another process, which writes to the same stderr.
 */
export interface DebuggerAnswer {
  readonly type: 'debugger';
  readonly url: string;
  readonly whose: 'stray' | 'program' | 'other';
}

/** Worker to parent. */
export type ChildMessage =
  | { readonly type: 'running' }
  /** It has loaded the program, and waits in reserve. */
  | { readonly type: 'prepared' }
  /** A template: why no worker may be forked from it. */
  | { readonly type: 'cannot_fork'; readonly reason: string }
  /** It is able to serve. */
  | { readonly type: 'ready' }
  /** It has called ready(), which says nothing where `workerReady` is not 'explicit'. */
  | { readonly type: 'ignored_ready' }
  | DebuggerAnswer
  | ({ readonly type: 'metrics'; readonly id: number } & ProgramMetricsAnswer)
  | GivenUpMessage
  | SocketClosedMessage
  | UserMessage
  | UserMessageTaken
  /** It begins to stop, for whatever reason: what it closes from now on, its successor wants. */
  | { readonly type: 'stopping' }
  /** Somebody else in it listens for SIGTERM. */
  | { readonly type: 'handles_term' }
  /** It accepts nothing new any more; so many connections are still open. */
  | { readonly type: 'closed'; readonly connections: number }
  /** It listens, with a queue of its own on a port that the engine shares: the parent is not asked for that. */
  | { readonly type: 'listening' };
