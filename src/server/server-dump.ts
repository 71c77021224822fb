import { getHeapStatistics } from 'node:v8';
import type { Clock } from '../common/clock';
import { residentBytes } from '../common/resident-memory';
import { stackHere } from '../common/stack-here';
import { dumpSettings } from '../config/dump-settings';
import { describeWorkers, type LoadedConfig } from '../config/load';
import type { Logger } from '../record/logger';
import { heldAddresses } from '../sockets/held-addresses';
import type { SocketSource } from '../sockets/socket-registry';
import type { Pools } from './pools';
import { writeDump } from './write-dump';

/** What a server under a supervisor knows about itself, and one without a supervisor does not. */
export interface SupervisedFacts {
  readonly generation: number;
  /** How late its last heartbeats were. */
  readonly beatLatenessMs: () => readonly number[];
}

export interface ServerDumpDeps {
  readonly loaded: LoadedConfig;
  readonly pools: Pools;
  readonly sockets: SocketSource;
  readonly supervised?: SupervisedFacts | undefined;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Writes a line to the log and a dump to the file, and has every worker do the same. */
export function dumpServer({ loaded, pools, sockets, supervised, logger, clock }: ServerDumpDeps): void {
  const { engine, user } = loaded;
  const workers = pools.views();
  logger.info('dump', {
    rss: residentBytes(),
    heapUsed: getHeapStatistics().used_heap_size,
    uptimeS: Math.round(process.uptime()),
    resources: process.getActiveResourcesInfo(),
    workers,
  });
  pools.dump();
  void writeDump({
    who: { role: 'server', generation: supervised?.generation },
    settings: dumpSettings(loaded),
    stack: stackHere(dumpServer),
    config: { engine, user },
    heldSockets: heldAddresses(sockets.entries()),
    children: {
      title: `Workers (${Object.values(describeWorkers(loaded)).join()})`,
      rows: workers.map(({ group, ...worker }) => (loaded.groups.length > 1 ? { group, ...worker } : worker)),
    },
    beatLatenessMs: supervised?.beatLatenessMs(),
    logger,
    clock,
  });
}
