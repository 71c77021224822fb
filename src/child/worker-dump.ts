import { systemClock } from '../common/clock';
import { messageOf } from '../common/errors';
import { stackHere } from '../common/stack-here';
import type { DumpSettings } from '../config/dump-settings';
import type { Logger } from '../record/logger';
import type { BootMessage } from '../protocol/protocol';
import type { WorkerHeartbeat } from './worker-host';

export interface WorkerDumpDeps {
  readonly boot: Pick<BootMessage, 'group' | 'workerId' | 'generation'>;
  readonly settings: DumpSettings;
  readonly config: object;
  readonly heartbeat: WorkerHeartbeat;
  readonly logger: Logger;
}

/** Writes a dump of this worker to its file. Loads the code for it at the first dump; never throws. */
export function writeWorkerDump({ boot, settings, config, heartbeat, logger }: WorkerDumpDeps): void {
  const { group, workerId, generation } = boot;
  const request = {
    who: { role: 'worker' as const, group, workerId, generation },
    settings,
    stack: stackHere(writeWorkerDump),
    config: { user: config },
    beatLatenessMs: heartbeat.lateness.samplesMs(),
    logger,
    clock: systemClock,
  };
  import('../dump/take-dump')
    .then(({ takeDump }) => takeDump(request))
    .catch((error: unknown) => logger.warn('dump not written', { reason: messageOf(error) }));
}
