import type { LoadedConfig } from '../config/load';
import type { Emit, EventHub } from '../contract/event-hub';
import type { ServerRunner } from '../server/server-runner';
import type { SocketRegistry } from '../sockets/socket-registry';
import type { EngineDefinition } from './engine-definition';
import { rereadConfig } from './reread-config';
import { createServerRunner } from './create-server-runner';
import type { MainLog } from './main-log';

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

/** Tells each of them. */
export function toAll(...all: readonly Emit[]): Emit {
  return (event, payload) => {
    for (const emit of all) emit(event, payload);
  };
}
