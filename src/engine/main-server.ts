import type { LoadedConfig } from '../config/load';
import type { Emit, EventHub } from '../contract/event-hub';
import type { ServerRunner } from '../server/server-runner';
import type { SocketRegistry } from '../sockets/socket-registry';
import type { EngineDefinition } from './engine-definition';
import { rereadConfig } from './reread-config';
import { createServerRunner } from './create-server-runner';
import type { MainLog } from './main-log';

/** What the supervisor, or the top-level server, needs from the process around it. */
export interface MainEnvironment {
  readonly spec: EngineDefinition;
  readonly loaded: LoadedConfig;
  readonly log: MainLog;
  readonly registry: SocketRegistry;
  /** Listeners in this process for events in the whole tree. */
  readonly treeEvents: EventHub;
  readonly onUp: () => void;
  /** The server will not come up. */
  readonly onFailed: (reason: string) => void;
  /** A start failed and is repeated. */
  readonly onTrying: (reason: string) => void;
}

/** Makes a server without a supervisor. */
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

/** Calls each of them. */
export function toAll(...all: readonly Emit[]): Emit {
  return (event, payload) => {
    for (const emit of all) emit(event, payload);
  };
}
