import type { CommandListener } from '../commands/observed-target';
import type { RunningEngine } from '../commands/running-engine';
import type { BlockingFlag } from '../common/blocking-flag';
import { systemClock } from '../common/clock';
import { messageOf } from '../common/errors';
import { zombiesOf } from '../common/proc-stat';
import type { EngineConfig } from '../config/engine-config';
import type { LoadedConfig } from '../config/load';
import { controlPath } from '../control/control-path';
import type { LogPlace } from '../control/control-protocol';
import type { EventHub } from '../contract/event-hub';
import type { LogCounts } from '../record/log-sink';
import type { ServiceSockets } from '../sockets/service-sockets';
import type { Logger } from '../record/logger';
import type { EngineDefinition } from './engine-definition';
import { findEntry } from './entry';

/** What a service of the main process gets. */
export interface ServiceContext {
  readonly spec: EngineDefinition;
  readonly loaded: LoadedConfig;
  /** The config at the start. */
  readonly engine: EngineConfig;
  readonly running: RunningEngine;
  /**
   * Events of the whole tree, including those of workers, with or without a supervisor. Under a supervisor the server
   * sends them, and only while there are listeners; `configReloaded` comes from the server.
   */
  readonly events: EventHub;
  /** Listens for every command, whether it comes from a method, a signal, a word or a service. */
  readonly onCommand: (listener: CommandListener) => void;
  readonly logger: Logger;
  /** Where the log is now. */
  readonly log: () => LogPlace;
  /** Set when the server is up. By then a successor has taken over from its predecessor. */
  readonly isUp: BlockingFlag;
  /** Set when a successor serves: this process is then at most a stand-in, and answers no requests. */
  readonly isSucceeded: BlockingFlag;
  /** How many records this process has logged. */
  readonly logCounts: () => LogCounts;
  /** The main process that this one replaces in an upgrade. */
  readonly predecessor: number | undefined;
  /** The sockets that services listen on: an upgrade hands them over. */
  readonly serviceSockets: ServiceSockets;
}

/** A service of the main process that talks to the outside. It serves nothing that users of the workers see. */
export interface MainService {
  /** After an upgrade, the process that started this one follows the successor, so this one need not stay for it. */
  readonly knowsSuccessor?: boolean;
  /**
   * The service can be neither used nor asked any more. Called once, after supervisor or server have finished. Never
   * rejects.
   */
  close(): Promise<void>;
}

/** All services that are switched on. */
export interface MainServices {
  knowsSuccessor(): boolean;
  close(): Promise<void>;
}

interface ServiceEntry {
  readonly name: string;
  readonly isOn: (engine: EngineConfig) => boolean;
  /**
   * Loads the service. @throws ConfigError (as a rejection) when it cannot be offered: then the engine does not start.
   */
  readonly start: (context: ServiceContext) => Promise<MainService>;
}

/** A process whose parent has ended becomes a child of process 1. */
const INIT = 1;

/** Only the services that are switched on are loaded. */
const SERVICES: readonly ServiceEntry[] = [
  {
    name: 'control socket',
    isOn: (engine) => controlPath(engine) !== undefined,
    start: async (context) => (await import('../control/start-control')).startControl(context),
  },
  {
    name: 'the link to systemd',
    isOn: () => Boolean(process.env['NOTIFY_SOCKET']),
    start: async ({ predecessor, ...context }) => {
      const { startServiceManager } = await import('../systemd/start');
      return startServiceManager({ ...context, isSuccessor: predecessor !== undefined });
    },
  },
  {
    name: 'the status server',
    isOn: ({ statusListen }) => statusListen !== undefined,
    start: async (context) =>
      (await import('../status-server/start-status-server')).startStatusServer(context),
  },
  {
    name: 'the file watcher of the program',
    isOn: ({ watch }) => watch !== undefined,
    start: async ({ spec, loaded, ...context }) => {
      const { startWatch } = await import('../development/start-watch');
      return startWatch({
        ...context,
        program: findEntry(spec.entry, spec.engineIndex),
        files: {
          config: spec.configFile,
          ofServer: new Set(spec.filesOfServer.flatMap((file) => file() ?? [])),
          hasEmbedded: loaded.groups.some(({ engine }) => engine.workerType === 'embedded'),
          isSupervised: context.engine.supervisor,
        },
        controlPath: controlPath(context.engine),
      });
    },
  },
  {
    name: 'the watch for zombies',
    isOn: () => process.pid === INIT,
    start: async ({ logger }) => {
      const { watchZombies } = await import('../watch/watch-zombies');
      const warn = logger.warn.bind(logger);
      return watchZombies({ clock: systemClock, warn, count: () => zombiesOf(INIT) });
    },
  },
];

/**
 * Starts the services that are switched on, one after the other.
 * @throws ConfigError (as a rejection): then none of them is left running.
 */
export async function startServices(context: ServiceContext): Promise<MainServices> {
  const started: MainService[] = [];
  const close = async (): Promise<void> => {
    for (const service of started.splice(0).reverse()) await service.close();
  };
  for (const { name, isOn, start } of SERVICES) {
    if (!isOn(context.engine)) continue;
    try {
      started.push(await start(context));
    } catch (error) {
      context.logger.error(`${name} cannot start`, { reason: messageOf(error) });
      await close();
      throw error;
    }
  }
  return { close, knowsSuccessor: () => started.some((service) => service.knowsSuccessor) };
}
