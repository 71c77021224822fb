import { Server } from './server';
import type { WorkerPeer } from './server-control';
import { Worker } from './worker';

/** Handles messages. Without `call` nothing does. */
export interface MessageHook {
  /** For people: the class that has the hook, or lacks it. */
  readonly owner: string;
  readonly call: ((message: unknown) => unknown) | undefined;
}

/** The hook of a worker. */
export function hookOfWorker(worker: Worker): MessageHook {
  const isThere = worker.onMessage !== Worker.prototype.onMessage;
  const call = (message: unknown): unknown => worker.onMessage(message);
  return { owner: worker.constructor.name, call: isThere ? call : undefined };
}

/** The hook of a server, for messages from that worker. */
export function hookOfServer(server: Server, from: WorkerPeer): MessageHook {
  const isThere = server.onMessage !== Server.prototype.onMessage;
  const call = (message: unknown): unknown => server.onMessage(message, from);
  return { owner: server.constructor.name, call: isThere ? call : undefined };
}
