import { ServerEngineError } from '../common/errors';
import type { MessageHook } from '../contract/message-hook';
import type { BroadcastResult, MessageResult } from '../contract/results';
import type { WorkerPeer, WorkerView } from '../contract/server-control';
import { encodeBody } from '../messages/message-body';
import type { LiveWorker, Serial } from './pool-state';
import type { StatusRow } from './pool-views';
import { viewOf } from './pool-views';
import { WorkerEntry } from './worker-entry';
import type { WorkerHandle, WorkerIdentity } from './worker-handle';

export interface PoolMessagesDeps {
  readonly group: string;
  readonly nameOf: (workerId: number) => string;
  /** Why workers of this type take no messages, if they do not. */
  readonly whyNoMessages: string | undefined;
  readonly handle: (serial: Serial) => WorkerHandle | undefined;
  /** The message handlers of the Server object for one worker. */
  readonly hook: (from: WorkerPeer) => MessageHook;
}

/** Messages between the program of the server and those of the workers of one group. */
export class PoolMessages {
  readonly #deps: PoolMessagesDeps;

  constructor(deps: PoolMessagesDeps) {
    this.#deps = deps;
  }

  get whyNone(): string | undefined {
    return this.#deps.whyNoMessages;
  }

  view(place: StatusRow, now: number): WorkerView {
    const { group } = this.#deps;
    const { workerId, worker } = place;
    return new WorkerEntry({ ...viewOf(place, now), group }, (message) =>
      this.#send(worker?.serial, workerId, message),
    );
  }

  /** How the Server object handles messages from that worker. */
  hook(serial: Serial, { workerId, generation }: WorkerIdentity): MessageHook {
    const { group, handle, hook } = this.#deps;
    return hook({
      group,
      workerId,
      generation,
      pid: handle(serial)?.pid,
      send: (message) => this.#send(serial, workerId, message),
    });
  }

  async broadcast(body: Uint8Array, workers: readonly LiveWorker[]): Promise<BroadcastResult> {
    const { group, handle } = this.#deps;
    const sent = workers.flatMap(({ serial, workerId }) => {
      const result = handle(serial)?.send?.(body);
      return result ? [{ workerId, result }] : [];
    });
    const results = await Promise.all(
      sent.map(async ({ workerId, result }) => ({ workerId, ...(await result) })),
    );
    const failed = results
      .filter(({ ok }) => !ok)
      .map(({ workerId, reason = '' }) => ({ group, workerId, reason }));
    return { ok: failed.length === 0, reached: results.length - failed.length, failed };
  }

  #send(serial: Serial | undefined, workerId: number, message: unknown): Promise<MessageResult> {
    const { nameOf, whyNoMessages, handle } = this.#deps;
    if (whyNoMessages !== undefined)
      throw new ServerEngineError('ERR_MESSAGE', `${nameOf(workerId)} takes no messages: ${whyNoMessages}.`);
    const body = encodeBody(message);
    const sent = serial === undefined ? undefined : handle(serial)?.send?.(body);
    return sent ?? Promise.resolve({ ok: false, reason: `${nameOf(workerId)} is not running` });
  }
}
