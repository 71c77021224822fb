import type { Clock } from '../common/clock';
import { residentBytes } from '../common/resident-memory';
import { stackHere } from '../common/stack-here';
import { dumpSettings } from '../config/dump-settings';
import type { LoadedConfig } from '../config/load';
import type { Logger } from '../record/logger';
import { writeDump } from '../server/write-dump';
import type { ServerProcess } from './server-process';

export interface SupervisorDumpDeps {
  readonly loaded: LoadedConfig;
  readonly servers: readonly Pick<ServerProcess, 'monitor' | 'generation'>[];
  readonly heldSockets: () => readonly string[];
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Writes a line to the log, and a dump to the file. */
export function dumpSupervisor({ loaded, servers, heldSockets, logger, clock }: SupervisorDumpDeps): void {
  const { engine, user } = loaded;
  logger.info('dump', {
    rss: residentBytes(),
    uptimeS: Math.round(process.uptime()),
    resources: process.getActiveResourcesInfo(),
    servers: servers.map(({ monitor, generation }) => ({ pid: monitor.pid, generation })),
  });
  const rows = servers.map(({ monitor, generation }) => ({
    pid: monitor.pid,
    generation,
    state: monitor.isStopping ? 'stopping' : 'running',
    uptimeMs: Math.round(clock.now() - monitor.startedAt),
  }));
  void writeDump({
    who: { role: 'supervisor' },
    settings: dumpSettings(loaded),
    stack: stackHere(dumpSupervisor),
    config: { engine, user },
    heldSockets: heldSockets(),
    children: { title: 'Server processes', rows },
    logger,
    clock,
  });
}
