import type { Clock, ClockTimer } from '../common/clock';
import { backoff } from '../common/backoff';
import { messageOf } from '../common/errors';
import { planReload } from '../config/reload';
import type { LoadedConfig } from '../config/load';
import { callHook } from '../contract/call-hook';
import type { Logger } from '../logging/logger';
import { isWished } from '../contract/end-reasons';
import { endedByItself, type ChildExit } from '../process/child-exit';
import type { ProcessMonitor } from '../process/process-monitor';
import { isCrash, recordCrash } from '../process/restart-policy';
import { withCommand } from '../servers/command-merge';
import { carryOut, type CommandTarget, type ServerCommand } from '../servers/commands';
import { CRASH_LIMIT_STATUS } from '../servers/pool';
import { reportConfigChanges } from '../servers/report-config';
import { bootStopMs, IMMEDIATE_HOOK_MS } from '../servers/stop-limits';
import { LastWordsReading } from '../servers/last-words-reading';
import { crashLimit, restartSettings } from '../servers/restart-settings';
import { howItEnded, reportServerEnd } from './report-server-end';
import { placeDueAt, stepPlace, type PlaceEvent, type ServerPlace } from './server-place';
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
  /** A worker of it has failed before any was up. */
  readonly onTrying: (reason: string) => void;
  /** Its workers ended for good. */
  readonly onUnrecoverable: () => void;
  /** It stops, and has closed its copies of all sockets; its workers are told next. */
  readonly onSocketsLetGo: () => void;
}

export interface ServerStart {
  readonly generation: number;
  /** Asked at each decision about the process: a reload takes effect at once. */
  readonly config: () => LoadedConfig;
  /** See ServerBoot. */
  readonly mustComeUp: boolean;
  readonly notices: ServerNotices;
}

export interface SupervisorDeps {
  readonly loaded: LoadedConfig;
  readonly load: () => Promise<LoadedConfig>;
  readonly startServer: (start: ServerStart) => ServerProcess;
  /** Server.afterStart() of a server object that lives here; undefined when the class has none. */
  readonly afterStart: ((config: LoadedConfig) => void | Promise<void>) | undefined;
  readonly applyLog: (config: LoadedConfig) => void | Promise<void>;
  /** Servers may from now on outlive us. */
  readonly letGo: () => void;
  readonly onUp: () => void;
  /** It is not going to be up. */
  readonly onFailed: (reason: string) => void;
  /** A start failed, and it is tried again. */
  readonly onTrying: (reason: string) => void;
  /** The final stop: the listening sockets that are held here are closed. */
  readonly closeSockets: () => void;
  /** The listening sockets that are held here, for people. */
  readonly heldSockets: () => readonly string[];
  readonly logger: Logger;
  readonly clock: Clock;
}

/** What a server said of itself before it ended. */
interface ServerFate {
  isFinal: boolean;
  failure: string | undefined;
}

/** Keeps one server process alive, and replaces it live. Runs in the supervisor process. */
export class SupervisorRunner implements CommandTarget {
  readonly #deps: SupervisorDeps;
  readonly #ended: Promise<number>;
  #resolveEnded!: (status: number) => void;
  #loaded: LoadedConfig;
  #place: ServerPlace<ServerProcess> = { kind: 'empty' };
  #placeTimer: ClockTimer | undefined;
  /** Every server process that has not ended. */
  readonly #alive = new Set<ServerProcess>();
  /** Servers that were told to end by a live restart and go on by themselves until they do. */
  readonly #detached = new Set<ServerProcess>();
  /** Those that have closed their copies of all sockets. */
  readonly #withoutSockets = new WeakSet<ServerProcess>();
  #generation = 0;
  #wasUp = false;
  #lastStartAt = -Infinity;
  #crashTimes: readonly number[] = [];
  /** Starts in a row for which the system had no process. */
  #failedSpawns = 0;
  readonly #lastWords = new LastWordsReading();
  #bootTimer: ClockTimer | undefined;
  /** Commands that wait until the configuration was read: none is under way while there are none. */
  #waiting: readonly ServerCommand[] = [];
  #isReading = false;

  constructor(deps: SupervisorDeps) {
    this.#deps = deps;
    this.#loaded = deps.loaded;
    this.#ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  /** Resolves with the exit status; never rejects. */
  run(): Promise<number> {
    if (this.#place.kind === 'empty') this.#start();
    else this.#finishIfOver();
    return this.#ended;
  }

  command(command: ServerCommand): void {
    setImmediate(() => carryOut(command, () => this.#obey(command), this.#deps.logger));
  }

  /** Something broke in the supervisor itself: end in order, but not with success. */
  fail(status: number, why: string): void {
    if (!this.#wasUp) this.#deps.onFailed(why);
    this.#stop(true, status);
  }

  #obey(command: ServerCommand): void {
    this.#deps.logger.debug(`command ${command.kind}`, { ...command, kind: undefined });
    switch (command.kind) {
      case 'stop':
        this.#stop(command.graceful, 0);
        return;
      case 'restart':
      case 'reload':
        this.#waiting = withCommand(this.#waiting, command);
        if (!this.#isReading) void this.#workOff();
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
        dumpSupervisor({ ...this.#deps, loaded: this.#loaded, servers: [...this.#alive] });
        for (const server of this.#alive) server.tell(command);
        return;
      case 'scale':
        if (this.#current) this.#current.tell(command);
        else
          this.#deps.logger.warn('no server process is there to be told of more or fewer workers', {
            by: command.by,
          });
    }
  }

  #stop(graceful: boolean, status: number): void {
    this.#step({ kind: 'end', status });
    for (const { monitor } of this.#alive) monitor.requestStop(graceful, 'stop');
    this.#boundBoot(graceful);
    this.#closeSocketsIfLast();
    this.#finishIfOver();
  }

  /** A server that still loads its modules hears no signal, and has nothing to finish: no worker, no connection. */
  #boundBoot(graceful: boolean): void {
    const { clock, logger } = this.#deps;
    const isBooting = ({ monitor }: ServerProcess): boolean => monitor.isAlive && !monitor.contact.hasBeaten;
    const limitMs = graceful
      ? bootStopMs(this.#loaded.engine.serverGracefulKillTimeoutMs)
      : IMMEDIATE_HOOK_MS;
    if (limitMs < 0 || ![...this.#alive].some(isBooting)) return;
    // Repeated, it is no reason to wait longer.
    if (graceful && this.#bootTimer) return;
    this.#bootTimer?.cancel();
    this.#bootTimer = clock.after(limitMs, () => {
      for (const { monitor, generation } of [...this.#alive].filter(isBooting)) {
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
    const server = this.#current;
    if (!server) this.#step({ kind: 'restart' });
    else if (this.#loaded.engine.restartServerProcess) server.monitor.requestStop(graceful, 'restart');
    else server.tell({ kind: 'restart', graceful });
  }

  /** The old server is told to end gracefully, and waited for only so long; then the next one starts. */
  #detach(): void {
    const old = this.#current;
    if (!old) return;
    const { clock, logger } = this.#deps;
    const { exitOnDetach, serverDetachWaitMs } = this.#loaded.engine;
    logger.info('live restart: the server finishes, the next one takes over', {
      pid: old.monitor.pid,
      generation: old.generation,
      waitMs: serverDetachWaitMs,
    });
    this.#detached.add(old);
    old.tell({ kind: 'detach' });
    this.#step({ kind: 'detach', until: clock.now() + serverDetachWaitMs, leaves: exitOnDetach });
  }

  /** exitOnDetach: servers that still finish go on without us. */
  #leave(): void {
    this.#deps.logger.info('the supervisor ends, as exitOnDetach says');
    this.#deps.letGo();
    this.#resolveEnded(0);
  }

  /** The one that commands are for. */
  get #current(): ServerProcess | undefined {
    return this.#place.kind === 'serving' ? this.#place.server : undefined;
  }

  /** The only one that changes #place. */
  #step(event: PlaceEvent<ServerProcess>): void {
    const { place, action } = stepPlace(this.#place, event);
    this.#place = place;
    this.#placeTimer?.cancel();
    const dueAt = placeDueAt(place);
    if (dueAt !== undefined) {
      const delayMs = Math.max(0, dueAt - this.#deps.clock.now());
      this.#placeTimer = this.#deps.clock.after(delayMs, () => this.#step({ kind: 'due' }));
    }
    if (action === 'start') this.#start();
    else if (action === 'leave') this.#leave();
  }

  #start(): void {
    const { clock, logger, afterStart } = this.#deps;
    this.#lastStartAt = clock.now();
    this.#generation += 1;
    const fate: ServerFate = { isFinal: false, failure: undefined };
    const server = this.#deps.startServer({
      generation: this.#generation,
      config: () => this.#loaded,
      mustComeUp: !this.#wasUp,
      notices: {
        onUp: () => {
          this.#wasUp = true;
          logger.debug('server process is up', { pid: server.monitor.pid, generation: server.generation });
          this.#deps.onUp();
        },
        onTrying: (reason) => {
          if (!this.#wasUp) this.#deps.onTrying(reason);
        },
        onFailed: (reason, isHopeless) => {
          fate.failure = reason;
          // The class itself is at fault: it would fail for ever.
          if (isHopeless && !this.#wasUp) this.#giveUpStart(reason);
        },
        onUnrecoverable: () => {
          fate.isFinal = true;
        },
        onSocketsLetGo: () => {
          this.#withoutSockets.add(server);
          this.#closeSocketsIfLast();
        },
      },
    });
    this.#alive.add(server);
    this.#step({ kind: 'started', server });
    const { pid } = server.monitor;
    this.#lastWords.add(server.monitor.drained);
    void server.monitor.exited.then((exit) => this.#onExit(server, exit, fate));
    if (pid === undefined) return;
    this.#failedSpawns = 0;
    logger.info('server process started', { pid, generation: server.generation });
    if (afterStart) callHook('afterStart', () => afterStart(this.#loaded), logger);
  }

  #onExit(server: ServerProcess, exit: ChildExit, fate: ServerFate): void {
    const { clock, logger } = this.#deps;
    const { monitor, generation } = server;
    this.#alive.delete(server);
    const isDetached = this.#detached.delete(server);
    const isWanted = isDetached || isWished(monitor.reason) || this.#place.kind === 'over';
    reportServerEnd(logger, {
      pid: monitor.pid,
      generation,
      reason: isDetached ? 'detach' : monitor.reason,
      isWanted,
      uptimeMs: clock.now() - monitor.startedAt,
      exit,
    });
    const isHopeless = exit.code !== null && this.#loaded.engine.unrecoverableExitCodes.includes(exit.code);
    if (fate.isFinal || isHopeless) this.#step({ kind: 'end', status: exit.code ?? 1 });
    this.#step({ kind: 'exited', server });
    if (this.#place.kind === 'empty') {
      const failure = fate.failure ?? `the server process ended with ${howItEnded(exit)} before it was up`;
      this.#replace(isWished(monitor.reason), exit, exit.spawnError?.message ?? failure);
    }
    this.#closeSocketsIfLast();
    this.#finishIfOver();
  }

  /** At least serverRestartWait from start to start, not from the death. */
  #replace(isWanted: boolean, exit: ChildExit, why: string): void {
    const { clock, logger, onFailed, onTrying } = this.#deps;
    const { engine } = this.#loaded;
    const { spawnError } = exit;
    const now = clock.now();
    if (!isWanted) {
      if (!this.#wasUp && !engine.startRetry && endedByItself(exit)) {
        this.#giveUpStart(why);
        return;
      }
      if (!this.#wasUp) onTrying(why);
      const limit = crashLimit(engine);
      const crashes = isCrash({ expected: false, spawnError })
        ? recordCrash(this.#crashTimes, now, limit)
        : { times: this.#crashTimes, exceeded: false };
      this.#crashTimes = crashes.times;
      if (crashes.exceeded) {
        logger.fatal('the server process crashes too often, the supervisor gives up', { ...limit });
        onFailed(`the server process crashes too often; the last time: ${why}`);
        this.#step({ kind: 'end', status: CRASH_LIMIT_STATUS });
        return;
      }
    }
    if (spawnError) this.#failedSpawns += 1;
    // The second early death is the first that waits.
    const backoffMs = backoff(spawnError ? this.#failedSpawns + 1 : 0, restartSettings(engine), Math.random);
    const until = Math.max(this.#lastStartAt + engine.serverRestartWaitMs, now + backoffMs);
    this.#step({ kind: 'next_at', until });
  }

  /** Nothing has ever been up, and it makes no sense to go on. */
  #giveUpStart(why: string): void {
    const { logger, onFailed } = this.#deps;
    const [reason] = why.split('\n');
    logger.fatal('the server did not come up, the supervisor gives up; startRetry: true tries for ever', {
      reason,
    });
    onFailed(why);
    this.#step({ kind: 'end', status: this.#loaded.engine.daemonizeErrorExitCode });
  }

  /** Reads the own configuration again, opens the log anew, then goes on: also with the old configuration. */
  async #workOff(): Promise<void> {
    this.#isReading = true;
    while (this.#waiting.length > 0) {
      const commands = this.#waiting;
      // What comes while it is read waits for the next time: it may be about what was changed meanwhile.
      this.#waiting = [];
      const isRestart = commands.some(({ kind }) => kind === 'restart');
      await this.#readConfig(isRestart || !this.#loaded.engine.disableReload);
      for (const command of commands) carryOut(command, () => this.#goOn(command), this.#deps.logger);
    }
    this.#isReading = false;
  }

  #goOn(command: ServerCommand): void {
    if (command.kind === 'restart') this.#restart(command.graceful);
    else this.#current?.tell(command);
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
    return [...this.#alive].map(({ monitor }) => `the server process (pid ${monitor.pid ?? 'none'})`);
  }

  /**
   * Nobody accepts from them any more but the workers, which take what waits before they close their own. Before that a
   * server may still be in its drainDelay.
   */
  #closeSocketsIfLast(): void {
    if (this.#place.kind !== 'over') return;
    if ([...this.#alive].every((server) => this.#withoutSockets.has(server))) this.#deps.closeSockets();
  }

  #finishIfOver(): void {
    const place = this.#place;
    if (place.kind !== 'over' || this.#alive.size > 0) return;
    this.#bootTimer?.cancel();
    // What the last one wrote is in our pipes still.
    void this.#lastWords.allRead(this.#deps.clock).then(() => this.#resolveEnded(place.status));
  }
}
