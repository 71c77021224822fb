import { resourceLimits, type MessagePort } from 'node:worker_threads';
import { wire } from '../common/wires';
import { dropNotice } from '../record/drop-notice';
import { workerOrigin } from '../record/record';
import type { ThreadMessage, ThreadRole } from '../protocol/thread-protocol';
import { BeatTimer } from '../health/beat-timer';
import { BoardWriter, type BeatBoard } from './board-writer';
import { playWorker } from './play-worker';
import type { WorkerSpec } from './worker-environment';
import { ThreadSockets } from './thread-sockets';
import { ThreadLink } from './thread-link';
import { ThreadRecords } from './thread-records';
import { WorkerGauge } from '../health/worker-gauge';
import { waitInReserve } from './wait-in-reserve';

/** Runs a thread worker to its end. It receives and sends messages. */
export async function playThreadWorker(spec: WorkerSpec, role: ThreadRole): Promise<number> {
  const { port, logUnderWay, prepare, assign } = role;
  const link = new ThreadLink(port);
  const gauge = new WorkerGauge('thread', resourceLimits.maxOldGenerationSizeMb);
  const board = prepare.board && new BoardWriter(prepare.board, gauge);
  const heartbeat = new ThreadHeartbeat(port, board);
  const boot = assign
    ? { ...prepare, ...assign }
    : await waitInReserve({
        prepare,
        spec,
        heartbeat,
        gauge,
        tell: () => post(port, { type: 'prepared' }),
        onRehearse: (callback) => link.onRehearse(callback),
        assigned: link.assigned(),
      });
  board?.become(boot);
  const records = new ThreadRecords({
    post: (text) => post(port, { type: 'record', text }),
    underWay: logUnderWay,
    dropNotice: (lines) => dropNotice(lines, workerOrigin(boot), boot.log),
  });
  return playWorker(spec, {
    boot,
    write: (record) => records.write(record),
    sockets: new ThreadSockets(() => post(port, { type: 'listening' })),
    heartbeat,
    gauge,
    send: (message) => post(port, message),
    onReload: (consume) => link.onReload(consume),
    onUserMessage: (consume) => link.onUserMessage(consume),
    onCommand: (consume) => link.onCommand(consume),
    // It ends with its process.
    onOrphaned: () => {},
  });
}

class ThreadHeartbeat extends BeatTimer {
  readonly #port: MessagePort;
  readonly #board: BeatBoard | undefined;

  constructor(port: MessagePort, board: BeatBoard | undefined) {
    super();
    this.#port = port;
    this.#board = board;
  }

  protected override beat(lateMs: number): void {
    if (!this.#board?.write(lateMs)) post(this.#port, { type: 'beat' });
  }
}

function post(port: MessagePort, message: ThreadMessage): void {
  // Records are excluded, because this debug output itself becomes a record.
  if (message.type !== 'record' && message.type !== 'beat') wire('to the server', message);
  port.postMessage(message);
}
