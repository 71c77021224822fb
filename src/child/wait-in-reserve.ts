import type { AssignedMessage, BootMessage, PrepareMessage } from '../protocol/protocol';
import type { WorkerGauge } from '../health/worker-gauge';
import type { WorkerHeartbeat } from './worker-host';

export interface ReserveWait {
  readonly prepare: PrepareMessage;
  readonly heartbeat: WorkerHeartbeat;
  readonly gauge: WorkerGauge;
  /** Tells the server that it may have an id. */
  readonly tell: () => void;
  readonly assigned: Promise<AssignedMessage>;
}

/** The program is loaded: the worker beats, and does nothing else, until it gets an id. Then all else comes anew. */
export async function waitInReserve({
  prepare,
  heartbeat,
  gauge,
  tell,
  assigned,
}: ReserveWait): Promise<BootMessage> {
  gauge.enter('standby');
  heartbeat.hold();
  heartbeat.start(prepare.heartbeatIntervalMs);
  tell();
  const message = await assigned;
  gauge.enter('starting');
  // Where it beats is its own, whatever else has changed meanwhile.
  return { ...message.prepare, ...message.assign, board: prepare.board };
}
