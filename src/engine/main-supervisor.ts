import { systemClock } from '../common/clock';
import { StallAwareClock } from '../common/stall-aware-clock';
import type { LoadedConfig } from '../config/load';
import { ServerContext } from '../contract/context';
import { Server } from '../contract/server';
import type { Logger } from '../record/logger';
import { heldAddresses } from '../sockets/held-addresses';
import { ServerSpawner } from '../supervisor/server-spawner';
import { SupervisorRunner } from '../supervisor/supervisor-runner';
import { ProcessManager } from '../watch/process-manager';
import type { EngineDefinition } from './engine-definition';
import { findEntry } from './entry';
import { toAll, type MainEnvironment } from './main-server';
import { rereadConfig } from './reread-config';
import { makeServer } from './wiring';
import { groupNames } from './worker-groups';

/** Makes a supervisor, which starts its servers as processes. */
export function mainSupervisor({
  spec,
  log,
  registry,
  treeEvents,
  ...around
}: MainEnvironment): SupervisorRunner {
  const { logger, sink } = log;
  const clock = new StallAwareClock(systemClock);
  const processes = new ProcessManager(clock, logger);
  const entry = findEntry(spec.entry, spec.engineIndex);
  const spawner = new ServerSpawner({ processes, registry, sink, logger, entry, events: treeEvents });
  const tellTree = treeEvents.emitter(logger);
  return new SupervisorRunner({
    ...around,
    load: () => rereadConfig(spec, logger),
    startServer: (start) => spawner.start(start),
    letGo: () => processes.letGo(),
    afterStart: afterStartOf(spec, logger),
    applyLog: (config) => log.apply(config),
    closeSockets: () => registry.letGo(),
    heldSockets: () => heldAddresses(registry.entries()),
    groups: groupNames(spec.groups),
    emit: toAll(spec.events.emitter(logger), (event, payload) => {
      // Both server and supervisor read the configuration: only the server reports the outcome.
      if (event === 'serverState') tellTree(event, payload);
    }),
    logger,
    clock,
    random: () => Math.random(),
  });
}

/** Makes a server object for each start, but only for a class that has the hook. */
function afterStartOf(
  { serverClass, container }: EngineDefinition,
  logger: Logger,
): ((config: LoadedConfig) => void | Promise<void>) | undefined {
  const own: unknown = Reflect.get(serverClass.prototype as object, 'afterStart');
  if (own === Reflect.get(Server.prototype, 'afterStart')) return undefined;
  return ({ user }) =>
    makeServer(container, serverClass, new ServerContext<object>(user, logger)).afterStart();
}
