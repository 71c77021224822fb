import { resolve } from 'node:path';
import { requireGroup, requireWorkers } from '../commands/check-command';
import { describeError, ServerEngineError } from '../common/errors';
import { asTyped } from '../common/start-directory';
import { server as markServer } from '../contract/decorators';
import { EventHub, type EngineListener } from '../contract/event-hub';
import type { EngineEventName } from '../contract/events';
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
import { notHere } from './not-here';
import { playRole } from './play-role';
import type { RunningEngine } from '../commands/running-engine';
import type { SignalSource } from './signal-source';
import type { ServerClass, WorkerClass } from './wiring';
import { groupNames, workerGroups } from './worker-groups';

class PlainServer extends Server {}
markServer()(PlainServer);

let created = 0;

/** An engine runs in this process: it plays one role only. */
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
   * Checks the classes and remembers how to run them; nothing is started yet.
   * @param serverClass null: a plain Server.
   * @param workers one class of workers, or several: each is a group with workers, keys and a name of its own.
   * @param config an object, whose own keys have the types that the classes name (`Worker<AppConfig>`), or a function
   * that is called again at every reload.
   * @throws ConfigError when a class is not what it should be, or lacks its decorator.
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
      readConfig: typeof config === 'function' ? config : () => (config === undefined ? {} : config),
      container: options.container,
      entry: options.entry === undefined ? undefined : asTyped(resolve(options.entry)),
      engineIndex: created,
      events: new EventHub(),
    });
    created += 1;
    return engine;
  }

  /**
   * Runs the whole life, then ends the process with its status.
   * @throws ServerEngineError when it has run already, or another engine runs in this process.
   */
  run(): void {
    this.#enter();
    // A process that another engine of the script has started: it is played there.
    if (!this.#isPlayedHere) return;
    // With its handlers: a signal in the last moment must not change the status.
    this.#play().then(
      (status) => process.exit(status),
      (error: unknown) => {
        process.stderr.write(`serverengine: ${describeError(error)}\n`);
        process.exit(1);
      },
    );
  }

  /**
   * As run(), but resolves with the exit status: 0 after a stop, 1 when it could not start, 75 when workers crash too
   * often. Never rejects for what goes wrong inside.
   * @throws ServerEngineError (as a rejection) when it has run already, or another engine runs in this process.
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
   * does. Each of these methods works in the main process, and resolves with what came of it; none rejects.
   * @throws ServerEngineError when the engine does not run, or runs in another process; so do all that follow.
   */
  stop(graceful = true): Promise<CommandResult> {
    return this.#top('stop').submit({ kind: 'stop', graceful });
  }

  /**
   * Reads the configuration again and replaces every worker, or those of a group. Resolves when the new ones are ready,
   * when one of them is not going to be, or when another restart or a stop has come first.
   * @throws ConfigError when there is no such group.
   */
  restart(graceful = true, { group }: GroupOptions = {}): Promise<RestartResult> {
    const top = this.#top('restart');
    requireGroup('restart', group, groupNames(this.#spec.groups));
    return top.submit({ kind: 'restart', graceful, group });
  }

  /**
   * Reads the configuration again and tells the workers. Resolves with what has changed, or with why the last good
   * configuration stays.
   */
  reload(): Promise<ReloadResult> {
    return this.#top('reload').submit({ kind: 'reload' });
  }

  /** Has every process write down what it is doing: a dump in `sigdumpDir`, and a line in the log. */
  dump(): Promise<CommandResult> {
    return this.#top('dump').submit({ kind: 'dump' });
  }

  /**
   * Replaces the whole tree from the top by what the entry script is now, without closing a socket. Resolves when the
   * successor serves; if it does not get up, this process goes on, and the result says why.
   */
  upgrade(): Promise<TakeoverResult> {
    return this.#top('upgrade').submit({ kind: 'upgrade' });
  }

  /**
   * Starts the next server process and lets this one finish. Resolves when the next one is up. Without a supervisor there
   * is nobody to start it: it is a graceful stop, and the result says so.
   */
  detach(): Promise<TakeoverResult> {
    return this.#top('detach').submit({ kind: 'detach' });
  }

  /**
   * Sets the number of workers, in all or of a group; the surplus is stopped gracefully. Holds until the next reload.
   * @throws ConfigError unless it is an integer >= 0, and when there is no such group.
   */
  scale(workers: number, { group }: GroupOptions = {}): Promise<ScaleResult> {
    const top = this.#top('scale');
    requireWorkers(workers);
    requireGroup('scale', group, groupNames(this.#spec.groups));
    return top.submit({ kind: 'scale', to: workers, group });
  }

  /**
   * The whole engine at this moment. Under a supervisor the server is asked; one that does not answer within two seconds
   * is shown without its workers.
   */
  async status(): Promise<EngineStatus> {
    return this.#top('status').status();
  }

  /**
   * Hears what happens in this process: of workers in the server process, of the server in the supervisor too. To be
   * called before run() or later, in any process. A listener that throws, or rejects, is logged and harms nobody.
   */
  on<E extends EngineEventName>(event: E, listener: EngineListener<E>): this {
    this.#spec.events.on(event, listener);
    return this;
  }

  /** Removes a listener of on(). */
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

  /** @throws ServerEngineError where there is none. */
  #top(method: string): RunningEngine {
    if (this.#running) return this.#running;
    throw notHere(method);
  }
}
