import { systemClock } from '../common/clock';
import { PatientClock } from '../common/patient-clock';
import type { LoadedConfig } from '../config/load';
import { ServerContext } from '../contract/context';
import { Server } from '../contract/server';
import type { Emit, EventHub } from '../contract/event-hub';
import type { Logger } from '../record/logger';
import { ProcessManager } from '../watch/process-manager';
import type { ServerRunner } from '../server/server-runner';
import { heldAddresses } from '../sockets/held-addresses';
import type { SocketRegistry } from '../sockets/socket-registry';
import { SupervisorRunner } from '../supervisor/supervisor-runner';
import type { EngineDefinition } from './engine-definition';
import { findEntry } from './entry';
import { rereadConfig } from './reread-config';
import { createServerRunner } from './create-server-runner';
import { ServerSpawner } from '../supervisor/server-spawner';
import type { MainLog } from './main-log';
import { makeServer } from './wiring';
import { groupNames } from './worker-groups';

/** What the supervisor, or the server, at the top needs of the process around it. */
export interface MainEnvironment {
  readonly spec: EngineDefinition;
  readonly loaded: LoadedConfig;
  readonly log: MainLog;
  readonly registry: SocketRegistry;
  /** Who listens in this process to what happens in the whole tree. */
  readonly treeEvents: EventHub;
  readonly onUp: () => void;
  /** It is not going to be up. */
  readonly onFailed: (reason: string) => void;
  /** A start failed, and it is tried again. */
  readonly onTrying: (reason: string) => void;
}

/** A server without a supervisor. */
export function mainServer({ spec, log, registry, treeEvents, ...around }: MainEnvironment): ServerRunner {
  return createServerRunner(spec, {
    ...around,
    load: () => rereadConfig(spec, log.logger),
    applyLog: (config) => log.apply(config),
    mustComeUp: ({ startRetry }) => !startRetry,
    onUnrecoverable: () => {},
    emit: toAll(spec.events.emitter(log.logger), treeEvents.emitter(log.logger)),
    logger: log.logger,
    sink: log.sink,
    sockets: registry,
  });
}

/** A supervisor, which starts its servers as processes. */
export function mainSupervisor({
  spec,
  log,
  registry,
  treeEvents,
  ...around
}: MainEnvironment): SupervisorRunner {
  const { logger, sink } = log;
  const clock = new PatientClock(systemClock);
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

function toAll(...all: readonly Emit[]): Emit {
  return (event, payload) => {
    for (const emit of all) emit(event, payload);
  };
}

/** A server object for each start, made only for a class that has the hook. */
function afterStartOf(
  { serverClass, container }: EngineDefinition,
  logger: Logger,
): ((config: LoadedConfig) => void | Promise<void>) | undefined {
  const own: unknown = Reflect.get(serverClass.prototype as object, 'afterStart');
  if (own === Reflect.get(Server.prototype, 'afterStart')) return undefined;
  return ({ user }) =>
    makeServer(container, serverClass, new ServerContext<object>(user, logger)).afterStart();
}
