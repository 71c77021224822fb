import type { Clock, ClockTimer } from '../common/clock';
import { messageOf } from '../common/errors';
import { planReload } from '../config/reload';
import type { LoadedConfig } from '../config/load';
import { callHook } from '../contract/call-hook';
import type { Logger } from '../logging/logger';
import { isWish, type ProcessMonitor } from '../process/process-monitor';
import { recordCrash } from '../process/restart-policy';
import { carryOut, type CommandTarget, type ServerCommand } from '../servers/commands';
import { CRASH_LIMIT_STATUS } from '../servers/pool';
import { reportConfigChanges } from '../servers/report-config';
import { bootStopMs, IMMEDIATE_HOOK_MS } from '../servers/stop-limits';
import { LastWordsReading } from '../servers/last-words-reading';
import { crashLimit } from '../servers/restart-settings';
import { dumpSupervisor } from './supervisor-dump';

/** One server process as the supervisor sees it. */
export interface ServerProcess {
  readonly monitor: ProcessMonitor;
  readonly generation: number;
  /** Passes a command on, by signal or by pipe. */
  tell(command: ServerCommand): void;
}

/** What a server says of itself. */
export interface ServerNotices {
  readonly onUp: () => void;
  readonly onFailed: (reason: string, isHopeless: boolean) => void;
  /** Its workers ended for good. */
  readonly onUnrecoverable: () => void;
}

export interface SupervisorDeps {
  readonly loaded: LoadedConfig;
  readonly load: () => Promise<LoadedConfig>;
  /** `config` is asked at each decision about the process: a reload takes effect at once. */
  readonly startServer: (
    generation: number,
    config: () => LoadedConfig,
    notices: ServerNotices,
  ) => ServerProcess;
  /** Server.afterStart() of a server object that lives here; undefined when the class has none. */
  readonly afterStart: ((config: LoadedConfig) => void | Promise<void>) | undefined;
  readonly applyLog: (config: LoadedConfig) => void | Promise<void>;
  /** Servers may from now on outlive us. */
  readonly letGo: () => void;
  readonly onUp: () => void;
  /** A start failed. Returns whether the supervisor is to give up. */
  readonly onFailed: (reason: string) => boolean;
  /** The listening sockets that are held here, for people. */
  readonly heldSockets: () => readonly string[];
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Keeps one server process alive, and replaces it live. Runs in the supervisor process. */
export class SupervisorRunner implements CommandTarget {
  readonly #deps: SupervisorDeps;
  readonly #ended: Promise<number>;
  #resolveEnded!: (status: number) => void;
  #loaded: LoadedConfig;
  #current: ServerProcess | undefined;
  /** Servers that were told to end by a live restart and go on by themselves until they do. */
  readonly #detached = new Set<ServerProcess>();
  #generation = 0;
  #wasUp = false;
  #lastStartAt = -Infinity;
  #startTimer: ClockTimer | undefined;
  #crashTimes: readonly number[] = [];
  /** Set once no server is to be started any more: the exit status. */
  #finalStatus: number | undefined;
  readonly #lastWords = new LastWordsReading();
  #bootTimer: ClockTimer | undefined;
  #configReads: Promise<void> = Promise.resolve();

  constructor(deps: SupervisorDeps) {
    this.#deps = deps;
    this.#loaded = deps.loaded;
    this.#ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  /** Resolves with the exit status; never rejects. */
  run(): Promise<number> {
    if (this.#finalStatus === undefined) this.#start();
    else this.#finishIfOver();
    return this.#ended;
  }

  command(command: ServerCommand): void {
    setImmediate(() => carryOut(command, () => this.#obey(command), this.#deps.logger));
  }

  /** Something broke in the supervisor itself: end in order, but not with success. */
  fail(status: number): void {
    this.#stop(true, status);
  }

  #obey(command: ServerCommand): void {
    this.#deps.logger.debug(`command ${command.kind}`, { ...command, kind: undefined });
    switch (command.kind) {
      case 'stop':
        this.#stop(command.graceful, 0);
        return;
      case 'restart':
        this.#afterConfig(true, () => this.#restart(command.graceful));
        return;
      case 'reload':
        this.#afterConfig(!this.#loaded.engine.disableReload, () => this.#current?.tell(command));
        return;
      case 'detach':
        this.#detach();
        return;
      case 'upgrade':
        this.#deps.logger.warn(
          'an upgrade is the business of the process at the top: send the command there',
        );
        return;
      case 'dump':
        dumpSupervisor({ ...this.#deps, loaded: this.#loaded, servers: this.#alive() });
        this.#current?.tell(command);
        return;
      case 'scale':
        this.#current?.tell(command);
    }
  }

  #stop(graceful: boolean, status: number): void {
    this.#finalStatus ??= status;
    this.#startTimer?.cancel();
    this.#startTimer = undefined;
    for (const server of this.#alive()) server.monitor.requestStop(graceful, 'stop');
    this.#boundBoot(graceful);
    this.#finishIfOver();
  }

  /** A server that still loads its modules hears no signal, and has nothing to finish: no worker, no connection. */
  #boundBoot(graceful: boolean): void {
    const { clock, logger } = this.#deps;
    const isBooting = ({ monitor }: ServerProcess): boolean => monitor.isAlive && !monitor.hasBeaten;
    const limitMs = graceful
      ? bootStopMs(this.#loaded.engine.serverGracefulKillTimeoutMs)
      : IMMEDIATE_HOOK_MS;
    if (limitMs < 0 || !this.#alive().some(isBooting)) return;
    // Repeated, it is no reason to wait longer.
    if (graceful && this.#bootTimer) return;
    this.#bootTimer?.cancel();
    this.#bootTimer = clock.after(limitMs, () => {
      for (const { monitor, generation } of this.#alive().filter(isBooting)) {
        logger.warn('the server process is still starting, its stop does not wait for that', {
          pid: monitor.pid,
          generation,
          limitMs,
        });
        monitor.signal('SIGKILL');
      }
    });
  }

  #restart(graceful: boolean): void {
    if (this.#finalStatus !== undefined) return;
    if (!this.#current) this.#startAt(this.#deps.clock.now());
    else if (this.#loaded.engine.restartServerProcess) this.#current.monitor.requestStop(graceful, 'restart');
    else this.#current.tell({ kind: 'restart', graceful });
  }

  /** The old server is told to end gracefully, and waited for only so long; then the next one starts. */
  #detach(): void {
    const old = this.#current;
    if (!old || this.#finalStatus !== undefined) return;
    const { clock, logger } = this.#deps;
    const { exitOnDetach, serverDetachWaitMs } = this.#loaded.engine;
    logger.info('live restart: the server finishes, the next one takes over', {
      pid: old.monitor.pid,
      generation: old.generation,
      waitMs: serverDetachWaitMs,
    });
    this.#current = undefined;
    this.#detached.add(old);
    old.tell({ kind: 'detach' });
    let isDone = false;
    const next = (): void => {
      if (isDone) return;
      isDone = true;
      timer.cancel();
      if (this.#finalStatus !== undefined) return;
      if (exitOnDetach) this.#leave();
      else this.#start();
    };
    const timer = clock.after(serverDetachWaitMs, next);
    void old.monitor.exited.then(next);
  }

  /** exitOnDetach: servers that still finish go on without us. */
  #leave(): void {
    this.#deps.logger.info('the supervisor ends, as exitOnDetach says');
    this.#deps.letGo();
    this.#finalStatus = 0;
    this.#resolveEnded(0);
  }

  #startAt(at: number): void {
    const delayMs = at - this.#deps.clock.now();
    this.#startTimer?.cancel();
    this.#startTimer = this.#deps.clock.after(Math.max(0, delayMs), () => {
      this.#startTimer = undefined;
      this.#start();
    });
  }

  #start(): void {
    const { clock, logger, afterStart } = this.#deps;
    this.#startTimer?.cancel();
    this.#startTimer = undefined;
    this.#lastStartAt = clock.now();
    this.#generation += 1;
    let finalStatusOfServer = false;
    const server = this.#deps.startServer(this.#generation, () => this.#loaded, {
      onUp: () => {
        this.#wasUp = true;
        this.#deps.onUp();
      },
      onFailed: (reason, isHopeless) => {
        // The class itself is at fault: it would fail for ever.
        if (isHopeless && !this.#wasUp) this.#finalStatus ??= this.#loaded.engine.daemonizeErrorExitCode;
        if (this.#deps.onFailed(reason)) this.#finalStatus ??= this.#loaded.engine.daemonizeErrorExitCode;
      },
      onUnrecoverable: () => {
        finalStatusOfServer = true;
      },
    });
    this.#current = server;
    logger.info('server process started', { pid: server.monitor.pid, generation: server.generation });
    this.#lastWords.add(server.monitor.drained);
    void server.monitor.exited.then((exit) => this.#onExit(server, exit, finalStatusOfServer));
    if (afterStart) callHook('afterStart', () => afterStart(this.#loaded), logger);
  }

  #onExit(
    server: ServerProcess,
    exit: { code: number | null; signal: NodeJS.Signals | null; spawnError?: Error },
    isFinal: boolean,
  ): void {
    const { clock, logger } = this.#deps;
    const { monitor, generation } = server;
    const isDetached = this.#detached.delete(server);
    const { reason } = monitor;
    const isWanted = isDetached || isWish(reason) || this.#finalStatus !== undefined;
    const how = exit.signal === null ? `status ${String(exit.code)}` : `signal ${exit.signal}`;
    const fields = {
      pid: monitor.pid,
      generation,
      reason: isDetached ? 'detach' : monitor.reason,
      uptimeMs: Math.round(clock.now() - monitor.startedAt),
      error: exit.spawnError,
    };
    const isAsked = isWanted || reason !== undefined;
    const sentence = `server process finished${isAsked ? '' : ' unexpectedly'} with ${how}`;
    if (exit.code === 0 || isWanted) logger.info(sentence, fields);
    else logger.error(sentence, fields);
    if (this.#current === server) this.#current = undefined;
    const isHopeless = exit.code !== null && this.#loaded.engine.unrecoverableExitCodes.includes(exit.code);
    if (isFinal || isHopeless) this.#finalStatus ??= exit.code ?? 1;
    if (!isDetached && this.#finalStatus === undefined) this.#replace(monitor.reason === 'restart');
    this.#finishIfOver();
  }

  /** At least serverRestartWait from start to start, not from the death. */
  #replace(isWanted: boolean): void {
    const { clock, logger, onFailed } = this.#deps;
    const now = clock.now();
    if (!isWanted) {
      const limit = crashLimit(this.#loaded.engine);
      const crashes = recordCrash(this.#crashTimes, now, limit);
      this.#crashTimes = crashes.times;
      if (crashes.exceeded) {
        logger.fatal('the server process crashes too often, the supervisor gives up', { ...limit });
        onFailed('the server process crashes too often');
        this.#finalStatus = CRASH_LIMIT_STATUS;
        return;
      }
    }
    this.#startAt(this.#lastStartAt + this.#loaded.engine.serverRestartWaitMs);
  }

  /** Reads the own configuration again, opens the log anew, then goes on: also with the old configuration. */
  #afterConfig(readsConfig: boolean, go: () => void): void {
    this.#configReads = this.#configReads.then(async () => {
      await this.#readConfig(readsConfig);
      go();
    });
  }

  async #readConfig(readsConfig: boolean): Promise<void> {
    const { logger, applyLog, load } = this.#deps;
    try {
      if (!readsConfig) {
        await applyLog(this.#loaded);
        return;
      }
      const plan = planReload(this.#loaded, await load());
      await applyLog(plan.config);
      this.#loaded = plan.config;
      reportConfigChanges(logger, plan);
    } catch (error) {
      logger.error('the configuration was not reloaded, the last good one stays in force', {
        reason: messageOf(error),
      });
    }
  }

  /** What keeps a stop from being over, for people. */
  waitingFor(): readonly string[] {
    return this.#alive().map(({ monitor }) => `the server process (pid ${monitor.pid ?? 'none'})`);
  }

  #alive(): readonly ServerProcess[] {
    return this.#current ? [...this.#detached, this.#current] : [...this.#detached];
  }

  #finishIfOver(): void {
    const status = this.#finalStatus;
    if (status === undefined || this.#alive().length > 0) return;
    this.#startTimer?.cancel();
    this.#bootTimer?.cancel();
    // What the last one wrote is in our pipes still.
    void this.#lastWords.allRead(this.#deps.clock).then(() => this.#resolveEnded(status));
  }
}
