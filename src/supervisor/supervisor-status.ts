import type { Clock } from '../common/clock';
import { packageVersion } from '../common/version';
import type { EngineStatus, ServerState } from '../contract/status';

export interface SupervisorStatusDeps {
  /** The status of the server; undefined: there is none, or it does not answer. */
  readonly below: EngineStatus | undefined;
  readonly state: ServerState;
  readonly startedAt: number;
  readonly reloadedAt: number | undefined;
  /** The listening sockets that this process holds, for people. */
  readonly heldSockets: () => readonly string[];
  readonly clock: Clock;
}

const NOBODY_BELOW = { rollout: undefined, groups: [], workers: [], standby: [], deaths: [] } as const;

/** The status of the server, presented as the status of the tree under this supervisor. */
export function statusOfSupervisor(deps: SupervisorStatusDeps): EngineStatus {
  const { below, state, startedAt, reloadedAt, heldSockets, clock } = deps;
  const uptimeMs = Math.round(clock.now() - startedAt);
  return {
    ...NOBODY_BELOW,
    ...below,
    version: packageVersion(),
    pid: process.pid,
    role: 'supervisor',
    state,
    startedAt: Math.round(clock.wallTime() - uptimeMs),
    uptimeMs,
    reloadedAt,
    sockets: heldSockets(),
  };
}
