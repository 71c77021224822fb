import { systemClock } from '../common/clock';
import { StallAwareClock } from '../common/stall-aware-clock';
import { messageOf } from '../common/errors';
import { ofGroup } from '../config/load';
import type { Logger } from '../record/logger';
import { ServerRunner } from '../server/server-runner';
import { FirstRoundWatch } from '../server/watch-first-round';
import { resolveWorkerPrivileges, type WorkerPrivileges } from '../launch/worker-privileges';
import { reportMove } from '../launch/report-move';
import { SocketGroups } from '../sockets/socket-groups';
import { SocketUsers } from '../sockets/socket-users';
import { workerSucceeds } from '../sockets/succession';
import { offerSource } from '../sockets/socket-manager-source';
import type { EngineDefinition } from './engine-definition';
import { makePool } from './make-pool';
import type { ServerEnvironment } from './server-environment';
import { makeServer } from './wiring';
import { groupNames, type WorkerGroup } from './worker-groups';

const NO_PRIVILEGES: WorkerPrivileges = { identity: undefined, umask: undefined };

/** A server with its pools, ready to run. */
export function createServerRunner(spec: EngineDefinition, environment: ServerEnvironment): ServerRunner {
  const { onFirstRound } = environment;
  const clock = new StallAwareClock(systemClock);
  const round = onFirstRound && new FirstRoundWatch(clock, onFirstRound);
  const around = round ? { ...environment, emit: round.listening(environment.emit) } : environment;
  offerSource(around.sockets);
  const privileges = new Map<WorkerGroup, WorkerPrivileges>();
  return new ServerRunner({
    ...around,
    makeServer: (context) => {
      // Before any code of the user runs: a wrong user name is found before anything starts.
      for (const group of spec.groups) {
        privileges.set(group, resolveWorkerPrivileges(ofGroup(around.loaded, group.name).engine));
      }
      return makeServer(spec.container, spec.serverClass, context);
    },
    groups: groupNames(spec.groups),
    makePools: async (server, config, stopServer) => {
      const users = new SocketGroups(
        new SocketUsers(around.sockets, systemClock, {
          succeeds: workerSucceeds,
          onMoved: (moved) => reportMove(around.logger, moved),
        }),
      );
      const pools = await Promise.all(
        spec.groups.map((group) =>
          makePool(spec, group, {
            around,
            privileges: privileges.get(group) ?? NO_PRIVILEGES,
            server,
            config,
            users,
            stopServer,
            clock,
          }),
        ),
      );
      round?.begin(
        spec.groups.map(({ name }) => name),
        pools,
        (name) => ofGroup(config(), name).engine,
      );
      return pools;
    },
    clock,
  });
}

/** Something failed in the process itself. It is logged, everything below ends in order, and the exit status is not 0. */
export function endOnUncaught(
  role: string,
  logger: Logger,
  fail: (status: number, why: string) => void,
): () => void {
  const onUncaught = (error: unknown, origin: string): void => {
    if (process.listenerCount('uncaughtException') > 1) return;
    const what = origin === 'unhandledRejection' ? 'unhandled rejection' : 'uncaught exception';
    logger.fatal(`${what} in the ${role} process; it stops with status 1`, { error });
    fail(1, `${what}: ${messageOf(error)}`);
  };
  process.on('uncaughtException', onUncaught);
  return () => process.off('uncaughtException', onUncaught);
}
