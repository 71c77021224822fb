import type { Clock } from '../common/clock';
import { packageVersion } from '../common/version';
import type { EngineStatus, ServerState } from '../contract/status';
import { heldAddresses } from '../sockets/held-addresses';
import type { SocketSource } from '../sockets/socket-registry';
import type { ConfigReload } from './config-reload';
import type { Pools } from './pools';

export interface StatusDeps {
  readonly state: ServerState;
  readonly startedAt: number;
  readonly config: ConfigReload;
  readonly pools: Pools;
  readonly sockets: SocketSource;
  readonly clock: Clock;
}

// Enough to see a pattern, and small enough to send.
const MOST_DEATHS = 20;

/** The server and its workers at this moment. */
export function statusOfServer({
  state,
  startedAt,
  config,
  pools,
  sockets,
  clock,
}: StatusDeps): EngineStatus {
  const uptimeMs = Math.round(clock.now() - startedAt);
  const groups = pools.status();
  const deaths = groups.flatMap((group) => group.deaths).sort((one, other) => one.at - other.at);
  return {
    version: packageVersion(),
    pid: process.pid,
    role: 'server',
    state,
    startedAt: Math.round(clock.wallTime() - uptimeMs),
    uptimeMs,
    reloadedAt: config.reloadedAt,
    rollout: groups.find(({ rollout }) => rollout)?.rollout,
    sockets: heldAddresses(sockets.entries()),
    groups: groups.map(({ group }) => group),
    workers: groups.flatMap(({ workers }) => workers),
    standby: groups.flatMap(({ standby }) => standby),
    deaths: deaths.slice(-MOST_DEATHS),
  };
}

/** What a stop is waiting for, for people. */
export function whatAStopWaitsFor(
  state: ServerState,
  isHookPending: boolean,
  pools: Pools,
): readonly string[] {
  if (isHookPending) return ['stop() of the server'];
  if (!pools.exist) return ['beforeRun()'];
  const alive = pools.views().filter((worker) => worker.state !== 'waiting' && worker.state !== 'exited');
  const workers = alive.map(
    (worker) => `worker ${worker.workerId} (pid ${worker.pid ?? 'none'}, ${worker.state})`,
  );
  if (state === 'draining') return ['drainDelay', ...workers];
  return workers.length > 0 ? workers : ['afterRun(), or a start that has not ended'];
}
