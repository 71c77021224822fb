/**
 * The messages between the server process and its workers. The only file of this room that child/ may import.
 *
 * Descriptors of a worker process: 0 /dev/null. 1, 2 raw output (native crashes; lines become log lines). 3 IPC
 * channel. 4 down: the boot message; up: the first heartbeat, and each that the board does not take. 5 complete log
 * records. 6 the board. 7 requests to the watchdog thread, if there is one.
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
/** See scoreboard.ts. /dev/null if there is none. */
export const BOARD_FD = 6;
export const WATCHDOG_FD = 7;

/**
 * A worker with these arguments opens its debugger on SIGUSR1: on a port that the system chooses, with an address that
 * is printed only to its stderr. Removed from execArgv as soon as they are read: programs that the worker starts are
 * not workers.
 */
export const DEBUGGER_ARGS: readonly string[] = [
  '--inspect-port=127.0.0.1:0',
  '--inspect-publish-uid=stderr',
];

/** Holds the role of a process that the engine started; removed from the environment as soon as it is read. */
export const ROLE_ENV = 'SERVERENGINE_INTERNAL_ROLE';

/** The role of a program that is run only to check its configuration, by the command `serverengine check-config`. */
export const CHECK_ROLE = 'check';

/** What such a program reports, once, over its IPC channel. */
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

/** `template:INDEX`: the process from which workers of that engine are forked. */
export function templateRole(engineIndex: number): string {
  return `template:${String(engineIndex)}`;
}

/** `server:INDEX`: the server process of that engine, under a supervisor. */
export function serverRole(engineIndex: number): string {
  return `server:${String(engineIndex)}`;
}

/** `daemon:INDEX`: the main process of that engine, detached from the terminal. */
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
  /** Host name or address as given; undefined: all addresses. A path for unix. */
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
 * The first message to a worker: everything that it needs to load and prepare, already validated. Its identity follows.
 * Both go through the heartbeat's descriptor, not through IPC, where loaders that listen for their own messages would
 * swallow them before we listen.
 */
export interface PrepareMessage {
  /** The worker class, if the engine has several. */
  readonly group?: string | undefined;
  /** It waits in reserve: its identity comes later, as a message. */
  readonly isStandby?: boolean;
  readonly config: unknown;
  readonly shared: Readonly<Record<string, SharedValue>>;
  /** Own fields of the server object that are not @shared(): reading one in a worker is an error that names the cure. */
  readonly unshared: readonly string[];
  readonly heartbeatIntervalMs: number;
  /** Where it reports its beats and figures. Undefined: only through the heartbeat's pipe. */
  readonly board?: BoardPlace | undefined;
  /** How long an orphaned worker may go on with a graceful stop before it is killed; -1: without a limit. */
  readonly orphanTimeoutMs: number;
  /** What counts as being ready to serve. */
  readonly ready: EngineConfig['workerReady'];
  /** On a graceful stop, everything that the worker listens on is closed and drained for it. */
  readonly closeServers: boolean;
  readonly log: LogSettings;
  readonly dump: DumpSettings;
  /** A process switches to this identity before the Worker object is made. Undefined: unchanged. */
  readonly identity?: Identity | undefined;
  /** 'reusePort': the worker has its own queue on TCP ports. */
  readonly socketScheduling: 'shared' | 'reusePort';
  readonly umask?: number | undefined;
  /** A thread of the worker must answer at WATCHDOG_FD. */
  readonly hasWatchdog: boolean;
  /** It is a copy of a process that has loaded the program. */
  readonly isForked?: boolean;
  /** Node arguments for the worker only, not for the programs that it starts. */
  readonly ownArgs?: readonly string[];
  /** Warn when the event loop is blocked for this long. Undefined: never. */
  readonly lagWarnMs: number | undefined;
  /** Measure how busy the event loop is: the number of workers depends on it. */
  readonly measuresLoop: boolean;
}

/** The only message to a template. Its `prepare` is what a worker would get that starts now. */
export interface TemplateMessage {
  readonly prepare: PrepareMessage;
  /** The descriptor for requests to fork. */
  readonly control: number;
  /** The titles in ps, if there are any: of the template, and of a worker that has no id yet. */
  readonly titles?: { readonly own: string; readonly ofWorkers: string } | undefined;
  /** Modules to load when the program is loaded. */
  readonly preload: readonly string[];
  /** It must first check whether a process that was forked here works. */
  readonly proves: boolean;
}

/** The second message: the identity of the worker. */
export interface AssignMessage {
  readonly workerId: number;
  readonly generation: number;
  /** The title in ps. */
  readonly processTitle?: string | undefined;
}

/**
 * Both messages, for a worker in reserve: it loaded the program before it had an id, and the configuration may have
 * changed since.
 */
export interface AssignedMessage {
  readonly type: 'assigned';
  readonly prepare: PrepareMessage;
  readonly assign: AssignMessage;
}

/** Both messages combined, as most workers have them from the start. */
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

/** Its successor starts when it has ended: a graceful stop must not wait for silent connections. */
export interface HurryMessage {
  readonly type: 'hurry';
}

/** A graceful stop, for a worker in which a library also listens for SIGTERM. */
export interface StopMessage {
  readonly type: 'stop';
}

/** Let workers that share its sockets accept for this long; 0: accept again. A pause also ends by itself. */
export interface PauseAcceptingMessage {
  readonly type: 'pause_accepting';
  readonly forMs: number;
}

/** To a worker in reserve: it has time to rehearse its first request. */
export interface RehearseMessage {
  readonly type: 'rehearse';
}

/** To a process that cannot be told by signal. */
export interface DumpMessage {
  readonly type: 'dump';
}

/** Asks for the metrics of its program. The answer is a message with the same id. */
export interface MetricsQuestion {
  readonly type: 'metrics';
  readonly id: number;
}

/** What a heartbeat reports, besides the fact that the event loop turns. */
export interface Beat {
  /** Resident set size of the process. Undefined: it could not be read. */
  readonly rssBytes: number | undefined;
}

const BEAT_BYTES = 8;
const BEAT_MARK = 1;
const KIB = 1024;

/** On the wire: a mark, three reserved bytes, KiB or 0. Small enough to be written in one piece or not at all. */
export function encodeBeat({ rssBytes = 0 }: Beat): Buffer {
  const frame = Buffer.alloc(BEAT_BYTES);
  frame.writeUInt8(BEAT_MARK);
  frame.writeUInt32BE(Math.min(Math.round(rssBytes / KIB), 2 ** 32 - 1), 4);
  return frame;
}

/** The last beat in the chunk; undefined: it is a beat of another format (a server of another version). */
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

/** Reads a message, blocking. `read` fills a buffer of that size, or returns undefined at the end. */
export function decodeMessage(read: (bytes: number) => Buffer | undefined): unknown {
  const header = read(HEADER_BYTES);
  const body = header && read(header.readUInt32BE());
  const message = body && (deserialize(body) as object);
  if (message) wire('from the process above', message);
  return message;
}

/** The limit for one message of the program, serialized. Larger data belongs in a file, a store or a stream. */
export const LONGEST_MESSAGE_BYTES = 4 * 1024 * 1024;

/** A message from the program at one end to the program at the other: its structured clone. */
export interface UserMessage {
  readonly type: 'user_message';
  /** Chosen by the sender, to match the answer. */
  readonly id: number;
  readonly body: Uint8Array;
}

/** The receiver has handled that message, or never will. */
export interface UserMessageTaken {
  readonly type: 'user_message_taken';
  readonly id: number;
  /** Why it was not handled, or not completely. */
  readonly problem?: string;
}

/** Parent to worker, after the first message. A server process also takes the dump message from its supervisor. */
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
 * Who opened the debugger at that address. stray: a signal from outside, and it was closed. program: the worker's
 * program. other: it belongs to another process, which writes to the same stderr.
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
  /** From a template: its script has called run() of the engine. */
  | { readonly type: 'entered' }
  /** From a template: why no worker can be forked from it. */
  | { readonly type: 'cannot_fork'; readonly reason: string }
  /** It can serve. */
  | { readonly type: 'ready' }
  /** It has called ready(), which has no effect unless `workerReady` is 'explicit'. */
  | { readonly type: 'ignored_ready' }
  | DebuggerAnswer
  | ({ readonly type: 'metrics'; readonly id: number } & ProgramMetricsAnswer)
  | GivenUpMessage
  | SocketClosedMessage
  | UserMessage
  | UserMessageTaken
  /** It has begun to stop, for whatever reason: its successor needs the sockets that it closes from now on. */
  | { readonly type: 'stopping' }
  /** Other code in it listens for SIGTERM. */
  | { readonly type: 'handles_term' }
  /** It accepts nothing new; this many connections are still open. */
  | { readonly type: 'closed'; readonly connections: number }
  /** It listens with its own queue on a port that the engine shares; it does not need the parent for that. */
  | { readonly type: 'listening' };
