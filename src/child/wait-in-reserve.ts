import { attempt } from '../common/attempt';
import { wire } from '../common/wires';
import type { AssignedMessage, BootMessage } from '../protocol/protocol';
import type { WorkerGauge } from '../health/worker-gauge';
import type { Rehearsal } from './rehearse';
import type { WorkerHeartbeat } from './worker-host';

export interface ReserveWait extends Omit<Rehearsal, 'isOver'> {
  readonly heartbeat: WorkerHeartbeat;
  readonly gauge: WorkerGauge;
  /** Reports to the server that it is ready for an id. */
  readonly tell: () => void;
  /** Calls back when there is time for a rehearsal. */
  readonly onRehearse: (callback: () => void) => void;
  readonly assigned: Promise<AssignedMessage>;
}

/** The program is loaded: the worker beats and rehearses until it gets an id. */
export async function waitInReserve(wait: ReserveWait): Promise<BootMessage> {
  const { prepare, heartbeat, gauge } = wait;
  let isOver = false;
  gauge.enter('standby');
  heartbeat.hold();
  heartbeat.start(prepare.heartbeatIntervalMs);
  wait.onRehearse(() => {
    attempt(
      async () => {
        // Loaded here, because only a worker in reserve needs it.
        const { rehearse } = await import('./rehearse');
        await rehearse({ ...wait, isOver: () => isOver });
      },
      // Without the rehearsal it only takes longer to start serving.
      (error) => wire('a rehearsal that failed', { error: String(error) }),
    );
  });
  wait.tell();
  const message = await wait.assigned;
  isOver = true;
  gauge.enter('starting');
  // It keeps its own record on the scoreboard, whatever else has changed meanwhile.
  return { ...message.prepare, ...message.assign, board: prepare.board };
}
