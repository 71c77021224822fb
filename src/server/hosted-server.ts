import type { Clock } from '../common/clock';
import { ServerContext } from '../contract/context';
import type { Server } from '../contract/server';
import type { ServerControl } from '../contract/server-control';
import type { Logger } from '../record/logger';
import type { SocketSource } from '../sockets/socket-registry';
import { forAllGroups } from '../config/load';
import type { ConfigReload } from './config-reload';
import type { Pools } from './pools';
import { ServerCommands, superCalls, type SuperCalls } from './server-commands';
import { dumpServer, type SupervisedFacts } from './server-dump';
import type { ServerLifecycle } from './server-lifecycle';
import type { ServerSockets } from '../sockets/server-sockets';
import { StopHook } from './stop-hook';

export interface HostedServerDeps {
  readonly makeServer: (context: ServerContext<object>) => Server;
  readonly config: ConfigReload;
  readonly pools: Pools;
  readonly life: ServerLifecycle;
  readonly own: ServerSockets;
  readonly sockets: SocketSource;
  readonly supervised?: SupervisedFacts;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** The user's Server object, and what passes commands to it. */
export interface HostedServer {
  readonly server: Server;
  readonly stopHook: StopHook;
  readonly commands: ServerCommands;
}

/** Makes the Server object. @throws whatever its constructor throws. */
export function hostServer(deps: HostedServerDeps): HostedServer {
  const { config, pools, life, logger, clock } = deps;
  const calls = superCalls();
  // Called by super.stop(), or in place of a hook that does not call it.
  const stop = (graceful: boolean): void => {
    stopHook.done(graceful);
    life.step({ kind: 'stop', graceful, delayMs: config.loaded.engine.drainDelayMs });
  };
  const stopHook: StopHook = new StopHook({
    call: (graceful) => server.stop(graceful),
    stop,
    engine: () => forAllGroups(config.loaded),
    logger,
    clock,
  });
  const context = new ServerContext<object>(config.loaded.user, logger, controlOf(deps, calls, stop));
  Object.defineProperty(context, 'config', { get: () => config.loaded.user });
  const server = deps.makeServer(context);
  const commands = new ServerCommands({
    server,
    calls,
    pools,
    stop: (command) => {
      life.step({ kind: command.kind === 'stop' ? 'stop_commanded' : 'detach' });
      stopHook.ask(command.kind === 'detach' || command.graceful);
    },
    logger,
  });
  return { server, stopHook, commands };
}

/** The implementation of the Server object's methods. */
function controlOf(
  { config, pools, own, sockets, supervised, logger, clock }: HostedServerDeps,
  calls: SuperCalls,
  stop: (graceful: boolean) => void,
): ServerControl {
  return {
    stop,
    restart: (graceful, group) => calls.restarts.note({ result: pools.restart(graceful, group) }),
    reloadConfig: async () => (await config.ask()).ok,
    reloadWorkers: () => {
      pools.reload();
      calls.reloads.note(config.last);
    },
    dump: () => {
      dumpServer({ loaded: config.loaded, pools, sockets, supervised, logger, clock });
      calls.dumps.note(undefined);
    },
    scale: (workers) => void pools.scale(workers),
    workers: () => pools.views(),
    broadcast: (message, options) => pools.broadcast(message, options),
    listenTcp: (options) => own.listenTcp(options),
    listenUdp: (options) => own.listenUdp(options),
    listenUnix: (options) => own.listenUnix(options),
  };
}
