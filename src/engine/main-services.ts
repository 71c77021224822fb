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
import type { DoorSockets } from '../sockets/door-sockets';
import type { Logger } from '../record/logger';
import type { EngineDefinition } from './engine-definition';
import { findEntry } from './entry';

/** What a service of the main process has at hand. */
export interface ServiceContext {
  readonly spec: EngineDefinition;
  readonly loaded: LoadedConfig;
  /** As it was at the start. */
  readonly engine: EngineConfig;
  readonly running: RunningEngine;
  /**
   * What happens in the whole tree, with a supervisor or without: of workers, too. Under a supervisor the server tells
   * it, and only while somebody listens; `configReloaded` is the server's.
   */
  readonly events: EventHub;
  /** Hears of every command that anybody gives: methods, signals, words, and the doors. */
  readonly onCommand: (listener: CommandListener) => void;
  readonly logger: Logger;
  /** Where the log is now. */
  readonly log: () => LogPlace;
  /** Set when the server is up. A successor has taken over from its predecessor by then. */
  readonly isUp: BlockingFlag;
  /** Set when a successor serves: this process is at most a stand-in, and answers no requests. */
  readonly isSucceeded: BlockingFlag;
  /** How much came to the log of this process. */
  readonly logCounts: () => LogCounts;
  /** The main process that this one takes over from by an upgrade. */
  readonly predecessor: number | undefined;
  /** What services listen on: an upgrade hands it over. */
  readonly doors: DoorSockets;
}

/** A door of the main process, or its voice to the outside: it serves nothing that users of the workers see. */
export interface MainService {
  /** After an upgrade: who started this process follows the successor. It need not stay for its sake. */
  readonly knowsSuccessor?: boolean;
  /** Nothing can be told or asked any more. Called once, after supervisor or server have finished. Never rejects. */
  close(): Promise<void>;
}

/** All that are on. */
export interface MainServices {
  knowsSuccessor(): boolean;
  close(): Promise<void>;
}

interface ServiceEntry {
  readonly name: string;
  readonly isOn: (engine: EngineConfig) => boolean;
  /** Loads it. @throws ConfigError (as a rejection) when it cannot be offered: the engine does not start then. */
  readonly start: (context: ServiceContext) => Promise<MainService>;
}

/** It gets the children of those that end before them. */
const INIT = 1;

/** What is switched on is loaded, and nothing else. */
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
    name: 'the watch over the files of the program',
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
    name: 'the watch over zombies',
    isOn: () => process.pid === INIT,
    start: async ({ logger }) => {
      const { watchZombies } = await import('../watch/watch-zombies');
      const warn = logger.warn.bind(logger);
      return watchZombies({ clock: systemClock, warn, count: () => zombiesOf(INIT) });
    },
  },
];

/**
 * Starts what is switched on, one after the other.
 * @throws ConfigError (as a rejection): none is left then.
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
