import type { ChildProcess } from 'node:child_process';
import { systemClock } from '../common/clock';
import { sendSignal } from '../common/signals';
import type { EngineConfig } from '../config/engine-config';
import type { Logger } from '../logging/logger';
import { ROLE_ENV, successorRole } from '../process/protocol';
import type { ServerCommand } from '../servers/commands';
import { signalFor } from '../servers/command-signals';
import type { SocketRegistry } from '../sockets/socket-registry';
import { launchDaemon } from '../supervisor/daemon';
import type { EngineSpec } from './engine-spec';
import { findEntry } from './entry';

export interface UpgradeDeps {
  readonly spec: EngineSpec;
  readonly engine: EngineConfig;
  readonly registry: SocketRegistry;
  readonly logger: Logger;
  /** The successor serves: everything below this process is to finish. */
  readonly stop: () => void;
}

/**
 * Replaces the whole tree from the top: a successor runs the entry script as it is now, takes the sockets over and
 * says when it is up. Only then does this tree finish; if the successor fails, nothing has changed.
 */
export class Upgrade {
  readonly #deps: UpgradeDeps;
  #attempt: AbortController | undefined;
  #successor: ChildProcess | undefined;

  constructor(deps: UpgradeDeps) {
    this.#deps = deps;
  }

  /** Set once a successor serves. */
  get successor(): ChildProcess | undefined {
    return this.#successor;
  }

  async start(): Promise<void> {
    const { spec, engine, registry, logger, stop } = this.#deps;
    if (this.#attempt || this.#successor) {
      logger.warn('an upgrade is under way already');
      return;
    }
    const attempt = new AbortController();
    this.#attempt = attempt;
    const { command, args, engineIndex } = findEntry(spec.entry, spec.engineIndex);
    logger.info('upgrade: starting the successor', { sockets: registry.entries().length });
    const outcome = await launchDaemon({
      command,
      args,
      env: { ...process.env, [ROLE_ENV]: successorRole(engineIndex) },
      title: engine.supervisor ? engine.daemonProcessName : engine.serverProcessName,
      output: engine.daemonize ? 'ignore' : 'inherit',
      sockets: registry.entries(),
      timeoutMs: engine.daemonizeTimeoutMs,
      clock: systemClock,
      signal: attempt.signal,
    });
    this.#attempt = undefined;
    if ('failure' in outcome) {
      logger.error('upgrade failed, this process goes on', { reason: outcome.failure });
      return;
    }
    this.#successor = outcome.child;
    registry.handOver();
    logger.info('upgrade: the successor serves, this process finishes', { successor: outcome.child.pid });
    stop();
  }

  /** A stop means all of it: also a successor that is not up yet. */
  cancel(): void {
    this.#attempt?.abort();
  }

  /**
   * In the foreground the terminal, the service manager or the container knows this process alone: it stays, without
   * anything below it, passes commands on and ends with the status of its successor.
   */
  async standIn(): Promise<number> {
    const child = this.#successor;
    if (!child) return 0;
    if (child.exitCode !== null) return child.exitCode;
    return new Promise((resolve) => {
      child.ref();
      child.once('exit', (code) => resolve(code ?? 1));
    });
  }

  /** Passes a command on to the successor. */
  tell(command: ServerCommand): void {
    const pid = this.#successor?.pid;
    if (pid === undefined) return;
    const signal = signalFor(command, this.#deps.engine);
    if (signal) sendSignal(pid, signal);
    else this.#deps.logger.warn('give signalUpgrade a signal to upgrade once more', { successor: pid });
  }
}
