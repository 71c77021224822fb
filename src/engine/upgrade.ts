import { realpathSync } from 'node:fs';
import type { ChildProcess } from 'node:child_process';
import { inspectEnvForChild } from '../common/inspect-options';
import { systemClock } from '../common/clock';
import { messageOf } from '../common/errors';
import { sendSignal } from '../common/signals';
import type { EngineConfig } from '../config/engine-config';
import type { Logger } from '../logging/logger';
import { ROLE_ENV, successorRole } from '../process/protocol';
import type { CommandTarget, ServerCommand } from '../servers/commands';
import { signalFor } from '../servers/command-signals';
import type { SocketRegistry } from '../sockets/socket-registry';
import { launchDaemon, type LaunchOutcome } from '../supervisor/daemon';
import type { EngineSpec } from './engine-spec';
import { findEntry } from './entry';
import { afterFailure, routeCommand, type UpgradeState } from './upgrade-state';

export interface UpgradeDeps {
  readonly spec: EngineSpec;
  readonly engine: EngineConfig;
  readonly registry: SocketRegistry;
  readonly logger: Logger;
  /** Supervisor or server: what is below this process. */
  readonly own: CommandTarget;
}

/**
 * Who obeys at the top of the tree: this one, and after an upgrade its successor. An upgrade replaces the whole tree
 * from the top: a successor runs the entry script as it is now, takes the sockets over and says when it is up. Only
 * then does this tree finish; if the successor fails, nothing has changed.
 */
export class Upgrade {
  readonly #deps: UpgradeDeps;
  #state: UpgradeState = { kind: 'none' };
  #attempt: { readonly abort: AbortController; readonly over: Promise<void> } | undefined;
  #successor: ChildProcess | undefined;

  constructor(deps: UpgradeDeps) {
    this.#deps = deps;
  }

  /** Set once a successor serves. */
  get successor(): ChildProcess | undefined {
    return this.#successor;
  }

  command(command: ServerCommand): void {
    const { own, logger } = this.#deps;
    const { state, to } = routeCommand(this.#state, command);
    this.#state = state;
    switch (to) {
      case 'own':
        own.command(command);
        return;
      case 'begin':
        this.#begin();
        return;
      case 'cancel':
        // A stop means all of it: also a successor that is not up yet.
        this.#attempt?.abort.abort('a stop came first');
        own.command(command);
        return;
      case 'wait':
        logger.warn('an upgrade is under way already: the next follows it');
        return;
      case 'successor':
        this.#tell(command);
    }
  }

  /** Resolves when no successor boots any more. */
  async settled(): Promise<void> {
    while (this.#attempt) await this.#attempt.over;
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

  #begin(): void {
    const abort = new AbortController();
    const over = this.#launch(abort.signal)
      // A script that is gone, as during a deploy, is no reason to end what serves.
      .catch((error: unknown) => ({ failure: messageOf(error) }))
      .then((outcome) => this.#onOutcome(outcome));
    this.#attempt = { abort, over };
  }

  async #launch(signal: AbortSignal): Promise<LaunchOutcome> {
    const { spec, engine, registry, logger } = this.#deps;
    const { command, args, script, engineIndex } = findEntry(spec.entry, spec.engineIndex);
    logger.info('upgrade: starting the successor', {
      sockets: registry.entries().length,
      // Not the link by which it was typed: who deploys sees which release it is.
      script: realpathSync(script),
    });
    return launchDaemon({
      command,
      args,
      env: { ...inspectEnvForChild(process.env), [ROLE_ENV]: successorRole(engineIndex) },
      title: engine.supervisor ? engine.daemonProcessName : engine.serverProcessName,
      output: engine.daemonize ? 'ignore' : 'inherit',
      sockets: registry.entries(),
      commands: () => this.#held(),
      timeoutMs: engine.daemonizeTimeoutMs,
      stopSignal: engine.signalImmediateStop,
      clock: systemClock,
      signal,
    });
  }

  #onOutcome(outcome: LaunchOutcome): void {
    const { registry, logger, own } = this.#deps;
    this.#attempt = undefined;
    if ('failure' in outcome) {
      logger.error('upgrade failed, this process goes on', { reason: outcome.failure });
      const next = afterFailure(this.#state);
      this.#state = { kind: 'none' };
      if (next === 'upgrade_again') this.command({ kind: 'upgrade' });
      return;
    }
    this.#state = { kind: 'serving' };
    this.#successor = outcome.child;
    registry.handOver();
    logger.info('upgrade: the successor serves, this process finishes', { successor: outcome.child.pid });
    own.command({ kind: 'stop', graceful: true });
  }

  /** What came while the successor booted. With exitOnDetach a detach was for the supervisor that had the servers then. */
  #held(): readonly ServerCommand[] {
    if (this.#state.kind !== 'starting') return [];
    return this.#state.held.filter(({ kind }) => kind !== 'detach' || !this.#deps.engine.exitOnDetach);
  }

  /** Passes a command on to the successor. */
  #tell(command: ServerCommand): void {
    const pid = this.#successor?.pid;
    if (pid === undefined) return;
    const signal = signalFor(command, this.#deps.engine);
    if (signal) sendSignal(pid, signal);
    else this.#deps.logger.warn('give signalUpgrade a signal to upgrade once more', { successor: pid });
  }
}
