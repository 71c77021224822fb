/** What the server process and a thread worker say to each other, over a MessagePort of their own. */
import type { MessagePort } from 'node:worker_threads';
import type {
  AssignedMessage,
  AssignMessage,
  ChildMessage,
  HurryMessage,
  MetricsQuestion,
  PrepareMessage,
  RehearseMessage,
  ReloadMessage,
  UserMessage,
  UserMessageTaken,
} from './protocol';

/** Where a thread finds its role in `workerData`: the environment of a thread is that of the server. */
export const THREAD_ROLE = 'serverengineInternalRole';

/**
 * Set in the environment that a thread is started with, and only there: so that no other process need load
 * node:worker_threads, which takes 3 ms, to learn that it is no thread.
 */
export const THREAD_ENV = 'SERVERENGINE_INTERNAL_THREAD';

export interface ThreadRole {
  /** Which of the engines that the script creates is meant. */
  readonly engineIndex: number;
  readonly prepare: PrepareMessage;
  /** Undefined: it waits in reserve. */
  readonly assign: AssignMessage | undefined;
  readonly port: MessagePort;
  /** How much of the log is under way: one number, in characters, shared by both sides. */
  readonly logUnderWay: Int32Array;
  readonly loading: ThreadLoading | undefined;
}

/** The first script of a thread. */
export interface ThreadStart {
  readonly file: string;
  /** Set if that script is the engine's, which then loads the user's script. */
  readonly loading?: ThreadLoading | undefined;
  /** The same where something is to be loaded before the user's. */
  readonly withPreloads: () => { readonly file: string; readonly loading: ThreadLoading };
}

export interface ThreadLoading {
  readonly script: string;
  /** What is loaded before it: `--import` or `--require`, and what. */
  readonly preloads?: readonly { readonly name: string; readonly value: string | undefined }[] | undefined;
  /** Stacks show the source. */
  readonly hasSourceMaps?: boolean;
  /** How to register ts-node before. */
  readonly tsNode: { readonly path: string; readonly options: object } | undefined;
}

/** Thread to server. A record is finished and encoded; a beat comes from the thread's own event loop. */
export type ThreadMessage =
  | ChildMessage
  | { readonly type: 'beat' }
  | { readonly type: 'record'; readonly text: string };

/** Server to thread. */
export type ThreadCommand =
  | ReloadMessage
  | RehearseMessage
  | AssignedMessage
  | HurryMessage
  | MetricsQuestion
  | UserMessage
  | UserMessageTaken
  | { readonly type: 'stop' }
  | { readonly type: 'dump' };
