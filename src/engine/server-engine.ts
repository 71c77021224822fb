import { resolve } from 'node:path';
import { requireGroup, requireWorkers } from '../commands/check-command';
import { callerFile } from '../common/caller-file';
import { describeError, ServerEngineError } from '../common/errors';
import { asTyped } from '../common/start-directory';
import { fileOfConfig } from '../config/from-file';
import { server as markServer } from '../contract/decorators';
import { EventHub, type EngineListener } from '../contract/event-hub';
import type { EngineEventName } from '../contract/events';
import { readFile } from '../contract/metadata';
import type {
  CommandResult,
  ReloadResult,
  RestartResult,
  ScaleResult,
  TakeoverResult,
} from '../contract/results';
import { Server } from '../contract/server';
import type { EngineStatus } from '../contract/status';
import { checkServerClass } from './check-classes';
import type { ConfigFor, ConfigFunction } from './config-input';
import type { CreateOptions, GroupOptions } from './engine-options';
import { role } from './role';
import type { EngineDefinition } from './engine-definition';
import { wrongProcess } from './wrong-process';
import { playRole } from './play-role';
import type { RunningEngine } from '../commands/running-engine';
import type { SignalSource } from './signal-source';
import { testConfig } from './test-config';
import type { ServerClass, WorkerClass } from './wiring';
import { groupNames, workerGroups } from './worker-groups';

class PlainServer extends Server {}
markServer()(PlainServer);

let created = 0;

/** The engine that runs in this process. A process has only one role. */
let isPlaying = false;

/** One server with its workers. */
export class ServerEngine {
  readonly #spec: EngineDefinition;
  #running: RunningEngine | undefined;
  #hasRun = false;
  #signals: SignalSource | undefined;

  private constructor(spec: EngineDefinition) {
    this.#spec = spec;
  }

  /**
   * Checks the classes and remembers how to run them. It starts nothing.
   * @param serverClass a subclass of Server, or null for a plain server.
   * @param workers one class of workers, or a list: each class is a group with its own workers, keys and name.
   * @param config an object, whose own keys have the types that the classes name (`Worker<AppConfig>`), or a function
   * that is called again on every reload.
   * @throws ConfigError if a class is invalid, or lacks its decorator.
   */
  static create<S extends ServerClass | null, W extends WorkerClass | readonly WorkerClass[]>(
    serverClass: S,
    workers: W,
    config?: ConfigFor<S, W> | ConfigFunction,
    options: CreateOptions = {},
  ): ServerEngine {
    const actualServer = serverClass ?? PlainServer;
    const engine = new ServerEngine({
      serverClass: actualServer,
      serverOptions: checkServerClass(actualServer),
      groups: workerGroups(workers),
      readConfig: testConfig() ?? (typeof config === 'function' ? config : () => config ?? {}),
      container: options.container,
      entry: options.entry === undefined ? undefined : asTyped(resolve(options.entry)),
      engineIndex: created,
      filesOfServer: [callerFile(), readFile(actualServer) ?? (() => undefined)],
      configFile: fileOfConfig(config),
      events: new EventHub(),
    });
    created += 1;
    return engine;
  }

  /**
   * Runs the engine until it has stopped, then ends the process with its status.
   * @throws ServerEngineError if this engine has run already, or another engine runs in this process.
   */
  run(): void {
    this.#enter();
    // Another engine of the script has started this process: that one runs here.
    if (!this.#isPlayedHere) return;
    // While its handlers are installed: a signal at the last moment must not change the status.
    this.#play().then(
      (status) => process.exit(status),
      (error: unknown) => {
        process.stderr.write(`serverengine: ${describeError(error)}\n`);
        process.exit(1);
      },
    );
  }

  /**
   * Like run(), but resolves with the exit status: 0 after a stop, 1 if the engine could not start, 75 if workers crash too
   * often. It does not reject for other errors.
   * @throws ServerEngineError (as a rejection) if this engine has run already, or another engine runs in this process.
   */
  async main(): Promise<number> {
    this.#enter();
    if (!this.#isPlayedHere) return 0;
    try {
      return await this.#play();
    } finally {
      // The program may go on.
      this.#signals?.release();
    }
  }

  /**
   * Stops the workers and then the server: gracefully, or at once. Resolves when all of them have ended, before main()
   * does. This and the methods below work in the main process and resolve with their outcome; none rejects.
   * @throws ServerEngineError if the engine does not run, or runs in another process. The methods below throw it, too.
   */
  stop(graceful = true): Promise<CommandResult> {
    return this.#top('stop').submit({ kind: 'stop', graceful });
  }

  /**
   * Reads the configuration again and replaces every worker, or those of a group. Resolves when the new ones are ready,
   * when one of them has failed, or when another restart or a stop has come first.
   * @throws ConfigError if there is no such group.
   */
  restart(graceful = true, { group }: GroupOptions = {}): Promise<RestartResult> {
    const top = this.#top('restart');
    requireGroup('restart', group, groupNames(this.#spec.groups));
    return top.submit({ kind: 'restart', graceful, group });
  }

  /**
   * Reads the configuration again and passes it to the workers. Resolves with what has changed, or with why the last good
   * configuration stays in force.
   */
  reload(): Promise<ReloadResult> {
    return this.#top('reload').submit({ kind: 'reload' });
  }

  /** Makes every process write what it is doing: a dump in `sigdumpDir`, and a line in the log. */
  dump(): Promise<CommandResult> {
    return this.#top('dump').submit({ kind: 'dump' });
  }

  /**
   * Replaces the whole tree with the current entry script, without closing a socket. Resolves when the successor serves. If
   * it does not come up, this process goes on, and the result says why.
   */
  upgrade(): Promise<TakeoverResult> {
    return this.#top('upgrade').submit({ kind: 'upgrade' });
  }

  /**
   * Starts the next server process and lets this one finish. Resolves when the next one is up. Without a supervisor no
   * process can start it: then this is a graceful stop, and the result says so.
   */
  detach(): Promise<TakeoverResult> {
    return this.#top('detach').submit({ kind: 'detach' });
  }

  /**
   * Sets the number of workers, in all or of a group. Surplus workers stop gracefully. The number stays until the next reload.
   * @throws ConfigError if the number is not an integer >= 0, or if there is no such group.
   */
  scale(workers: number, { group }: GroupOptions = {}): Promise<ScaleResult> {
    const top = this.#top('scale');
    requireWorkers(workers);
    requireGroup('scale', group, groupNames(this.#spec.groups));
    return top.submit({ kind: 'scale', to: workers, group });
  }

  /**
   * The state of the whole engine at this moment. A supervisor asks the server; if the server does not answer within two
   * seconds, the status has no workers.
   */
  async status(): Promise<EngineStatus> {
    return this.#top('status').status();
  }

  /**
   * Adds a listener for events of this process: those of workers in the server process, those of the server also in the
   * supervisor. Call it before run() or later, in any process. If a listener throws, or rejects, the error is logged and the
   * other listeners are still called.
   */
  on<E extends EngineEventName>(event: E, listener: EngineListener<E>): this {
    this.#spec.events.on(event, listener);
    return this;
  }

  /** Removes a listener that was added with on(). */
  off<E extends EngineEventName>(event: E, listener: EngineListener<E>): this {
    this.#spec.events.off(event, listener);
    return this;
  }

  /** @throws ServerEngineError */
  #enter(): void {
    if (this.#hasRun) {
      throw new ServerEngineError(
        'ERR_ENGINE_STATE',
        'This engine has run already. Call ServerEngine.create() again to run another one.',
      );
    }
    if (isPlaying) {
      throw new ServerEngineError(
        'ERR_ENGINE_STATE',
        'Another engine runs in this process. Run each from its own script, or one after the other: await first.main().',
      );
    }
    this.#hasRun = true;
  }

  get #isPlayedHere(): boolean {
    return role.kind === 'top' || role.kind === 'check' || role.engineIndex === this.#spec.engineIndex;
  }

  async #play(): Promise<number> {
    isPlaying = true;
    try {
      return await playRole(this.#spec, {
        onSignals: (signals) => {
          this.#signals = signals;
        },
        onRunning: (running) => {
          this.#running = running;
        },
      });
    } finally {
      isPlaying = false;
    }
  }

  /** @throws ServerEngineError when no engine runs here. */
  #top(method: string): RunningEngine {
    if (this.#running) return this.#running;
    throw wrongProcess(method);
  }
}
