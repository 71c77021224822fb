/** The messages between the server process and a thread worker, over their own MessagePort. */
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

/** Where a thread finds its role in `workerData`: it shares the environment of the server. */
export const THREAD_ROLE = 'serverengineInternalRole';

/**
 * Set only in the environment that a thread is started with. So other processes need not load node:worker_threads,
 * which takes 3 ms, to find out that they are not threads.
 */
export const THREAD_ENV = 'SERVERENGINE_INTERNAL_THREAD';

export interface ThreadRole {
  /** Which of the engines that the script creates is meant. */
  readonly engineIndex: number;
  readonly prepare: PrepareMessage;
  /** Undefined: it waits in reserve. */
  readonly assign: AssignMessage | undefined;
  readonly port: MessagePort;
  /** How much of the log is on its way: one number, in characters, shared by both sides. */
  readonly logUnderWay: Int32Array;
  /** By which the kernel knows the thread. 0: it has not said so yet, or cannot. */
  readonly kernelId: Int32Array;
  readonly loading: ThreadLoading | undefined;
}

/** The first script of a thread. */
export interface ThreadStart {
  readonly file: string;
  /** Set if that script is the engine's, which then loads the user's script. */
  readonly loading?: ThreadLoading | undefined;
  /** The same if something must be loaded before the user's script. */
  readonly withPreloads: () => { readonly file: string; readonly loading: ThreadLoading };
}

export interface ThreadLoading {
  readonly script: string;
  /** What is loaded before it, by `--import` or `--require`. */
  readonly preloads?: readonly { readonly name: string; readonly value: string | undefined }[] | undefined;
  /** Stacks show the source. */
  readonly hasSourceMaps?: boolean;
  /** How to register ts-node first. */
  readonly tsNode: { readonly path: string; readonly options: object } | undefined;
}

/** Thread to server. A record is complete and encoded; a beat comes from the thread's own event loop. */
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
