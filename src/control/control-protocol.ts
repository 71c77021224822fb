/**
 * The protocol of the control socket: one JSON object per line, in both directions. The engine sends a hello first.
 * Each request has a number that the client chooses, and gets one answer with the same number; events come in between.
 */
import type { AnyResult, Command } from '../commands/command';
import type { EngineEventName } from '../contract/events';
import type { EngineStatus } from '../contract/status';

/** Changes only if older clients would misunderstand. Clients ignore additions that they do not know. */
export const CONTROL_VERSION = 1;

/** No request needs more. */
export const MOST_REQUEST_BYTES = 64 * 1024;

/** The first line of a connection. */
export interface ControlHello {
  /** The version of the package. */
  readonly version: string;
  /** The pid of the main process. */
  readonly pid: number;
  readonly role: 'server' | 'supervisor';
}

/** Where the log is. */
export interface LogPlace {
  /** Absolute. Undefined: it is not a file. */
  readonly path: string | undefined;
  /** Where it goes instead of a file. */
  readonly target: 'file' | 'stdout' | 'stderr' | 'logger';
  readonly format: 'text' | 'json';
}

export type ControlRequest =
  | { readonly request: 'command'; readonly command: Command }
  | { readonly request: 'status' }
  | { readonly request: 'log' }
  /** Every event of the tree from now on, until the connection ends. */
  | { readonly request: 'events' };

/** By the name of the request. */
export interface ControlAnswers {
  readonly command: AnyResult;
  readonly status: EngineStatus;
  readonly log: LogPlace;
  readonly events: { readonly ok: true };
}

export const REQUEST_NAMES: readonly ControlRequest['request'][] = ['command', 'status', 'log', 'events'];

/** What the engine sends. */
export type ControlMessage =
  | { readonly v: number; readonly hello: ControlHello }
  | { readonly v: number; readonly id: number; readonly answer: unknown }
  | { readonly v: number; readonly event: EngineEventName; readonly payload: unknown }
  /** Without an id: the connection ends with this message. */
  | { readonly v: number; readonly id?: number | undefined; readonly error: string };

export function encodeControl(message: object): string {
  return `${JSON.stringify(message)}\n`;
}
