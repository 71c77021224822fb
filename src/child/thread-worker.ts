import type { MessagePort } from 'node:worker_threads';
import { wire } from '../common/wires';
import { dropNotice } from '../logging/drop-notice';
import type { ThreadMessage, ThreadRole } from '../process/thread-protocol';
import { BeatTimer } from './beat-timer';
import { playWorker, type WorkerSpec } from './play-worker';
import { ThreadSockets } from './thread-sockets';
import { ThreadLink } from './thread-link';
import { ThreadRecords } from './thread-records';

/** Plays the role of a thread worker to its end: told and heard by messages. */
export function playThreadWorker(spec: WorkerSpec, role: ThreadRole): Promise<number> {
  const { port, logUnderWay } = role;
  const boot = { ...role.prepare, ...role.assign };
  const link = new ThreadLink(port);
  const { group, workerId, generation, log } = boot;
  const origin = { role: 'worker', group, workerId, generation, pid: process.pid };
  const records = new ThreadRecords({
    post: (text) => post(port, { type: 'record', text }),
    underWay: logUnderWay,
    dropNotice: (lines) => dropNotice(lines, origin, log),
  });
  return playWorker(spec, {
    boot,
    write: (record) => records.write(record),
    sockets: new ThreadSockets(() => post(port, { type: 'listening' })),
    heartbeat: new ThreadHeartbeat(port),
    send: (message) => post(port, message),
    onReload: (consume) => link.onReload(consume),
    onCommand: (consume) => link.onCommand(consume),
    // It goes with the process that it is part of.
    onOrphaned: () => {},
  });
}

class ThreadHeartbeat extends BeatTimer {
  readonly #port: MessagePort;

  constructor(port: MessagePort) {
    super();
    this.#port = port;
  }

  protected override beat(): void {
    post(this.#port, { type: 'beat' });
  }
}

function post(port: MessagePort, message: ThreadMessage): void {
  // A record is what the wires themselves become.
  if (message.type !== 'record' && message.type !== 'beat') wire('to the server', message);
  port.postMessage(message);
}
