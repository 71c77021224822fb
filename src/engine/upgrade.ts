import { realpathSync } from 'node:fs';
import type { ChildProcess } from 'node:child_process';
import { failed, type AnyResult, type Command, type CommandTarget, type ResultOf } from '../commands/command';
import { signalFor } from '../commands/command-signals';
import { BlockingFlag } from '../common/blocking-flag';
import { inspectEnvForChild } from '../common/inspect-options';
import { systemClock } from '../common/clock';
import { LONGEST_STEP_MS, StallAwareClock } from '../common/stall-aware-clock';
import { messageOf } from '../common/errors';
import { splitLastWords } from '../pool/last-words-text';
import { sendSignal } from '../common/signals';
import type { EngineConfig } from '../config/engine-config';
import type { TakeoverResult } from '../contract/results';
import type { Logger } from '../record/logger';
import { ROLE_ENV, successorRole } from '../protocol/protocol';
import type { ServiceSockets } from '../sockets/service-sockets';
import type { SocketRegistry } from '../sockets/socket-registry';
import { tidyAfterKill } from '../socket-manager/tidy-after-kill';
import { launchDaemon, type LaunchOutcome } from '../supervisor/daemon';
import type { EngineDefinition } from './engine-definition';
import { findEntry } from './entry';
import { afterBoot, afterFailure, routeCommand, type UpgradeState } from './upgrade-state';

// How long the processes of a killed successor take to disappear.
const KILLED_MS = 500;

export interface UpgradeDeps {
  readonly spec: EngineDefinition;
  readonly engine: EngineConfig;
  readonly registry: SocketRegistry;
  readonly serviceSockets: ServiceSockets;
  readonly logger: Logger;
  /** This tree is up, its start has failed once, or it has ended. */
  readonly booted: Promise<unknown>;
  /** A successor serves: later requests go to it. */
  readonly onSucceeded: () => void;
  /** The supervisor or server in this process. */
  readonly own: CommandTarget & { readonly isEnding: boolean };
}

/**
 * Routes commands at the top of the tree: to this tree, or after an upgrade to its successor. An upgrade replaces the
 * whole tree from the top: a successor runs the current entry script, takes over the sockets and reports when it is up.
 * Only then does this tree finish; if the successor fails, nothing has changed.
 */
export class Upgrade implements CommandTarget {
  readonly #deps: UpgradeDeps;
  #state: UpgradeState = { kind: 'booting' };
  /** Upgrades that were commanded before this tree was up are merged into one. */
  #early: Promise<AnyResult> | undefined;
  #attempt: { readonly abort: AbortController; readonly over: Promise<TakeoverResult> } | undefined;
  #successor: ChildProcess | undefined;
  readonly #isOver = new BlockingFlag();

  constructor(deps: UpgradeDeps) {
    this.#deps = deps;
    void deps.booted.then(() => {
      this.#state = afterBoot(this.#state);
    });
  }

  /** Set once a successor serves. */
  get successor(): ChildProcess | undefined {
    return this.#successor;
  }

  submit<C extends Command>(command: C): Promise<ResultOf<C>>;
  async submit(command: Command): Promise<AnyResult> {
    const { own, logger } = this.#deps;
    if (command.kind === 'upgrade' && own.isEnding && isUntouched(this.#state)) return this.#refuse(command);
    const { state, to } = routeCommand(this.#state, command);
    this.#state = state;
    switch (to) {
      case 'own':
        return own.submit(command);
      case 'begin':
        return this.#begin();
      case 'cancel':
        // A stop applies to everything, including a successor that is not up yet.
        this.#attempt?.abort.abort('a stop came first');
        return own.submit(command);
      case 'wait_for_boot':
        return (this.#early ??= this.#onceBooted(command));
      case 'wait':
        logger.warn('an upgrade is already running: the next one follows it');
        return this.#following();
      case 'refuse':
        return this.#refuse(command);
      case 'successor':
        return this.#tell(command);
    }
  }

  /** Resolves when no successor boots any more. */
  async settled(): Promise<void> {
    while (this.#attempt) await this.#attempt.over;
  }

  /** This tree, and a successor that it stands in for, have ended. */
  over(): void {
    this.#isOver.set();
  }

  /**
   * In the foreground, the terminal, the service manager or the container knows only this process. So it stays, with
   * nothing below it, passes commands on, and ends with the status of its successor.
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

  #begin(): Promise<TakeoverResult> {
    const abort = new AbortController();
    const over = this.#launch(abort.signal)
      // A missing script, as during a deploy, must not end the running tree.
      .catch((error: unknown) => ({ failure: messageOf(error) }))
      .then((outcome) => this.#onOutcome(outcome));
    this.#attempt = { abort, over };
    return over;
  }

  async #onceBooted(command: Command): Promise<AnyResult> {
    const { logger, booted } = this.#deps;
    logger.info('upgrade: waits until this engine is up');
    await booted;
    return this.submit(command);
  }

  /** For an upgrade that waits for another one: the successor of that one, or what follows from its failure. */
  async #following(): Promise<TakeoverResult> {
    const result = await this.#attempt?.over;
    if (result?.ok) return result;
    return this.#attempt?.over ?? result ?? failed({ kind: 'upgrade' }, 'no upgrade is running');
  }

  #refuse(command: Command): AnyResult {
    const reason = 'the engine is stopping, so no successor takes over';
    this.#deps.logger.warn('upgrade refused', { reason });
    return failed(command, reason);
  }

  async #launch(signal: AbortSignal): Promise<LaunchOutcome> {
    const { spec, engine, registry, serviceSockets, logger } = this.#deps;
    const { command, args, script, engineIndex } = findEntry(spec.entry, spec.engineIndex);
    logger.info('upgrade: starting the successor', {
      sockets: registry.entries().length,
      // The real path, not the link that was typed: it shows which release this is.
      script: realpathSync(script),
    });
    return launchDaemon({
      command,
      args,
      env: { ...inspectEnvForChild(process.env), [ROLE_ENV]: successorRole(engineIndex) },
      title: engine.supervisor ? engine.daemonProcessName : engine.serverProcessName,
      output: engine.daemonize ? 'ignore' : 'inherit',
      sockets: registry.entries(),
      serviceSockets: serviceSockets.entries(),
      commands: () => this.#held(),
      timeoutMs: engine.daemonizeTimeoutMs,
      stopSignal: engine.signalImmediateStop,
      clock: new StallAwareClock(systemClock, LONGEST_STEP_MS),
      signal,
    });
  }

  #onOutcome(outcome: LaunchOutcome): TakeoverResult {
    const { registry, logger, own, onSucceeded } = this.#deps;
    this.#attempt = undefined;
    if ('failure' in outcome) {
      const reason = outcome.failure;
      logger.error('upgrade failed; this process goes on', splitLastWords(reason));
      // A successor that had to be killed has left the files of its server.
      systemClock.after(KILLED_MS, () => void tidyAfterKill(logger), { unref: true });
      const { state, isTriedAgain } = afterFailure(this.#state);
      this.#state = state;
      if (isTriedAgain) void this.submit({ kind: 'upgrade' });
      return { ok: false, reason };
    }
    this.#state = { kind: 'serving' };
    this.#successor = outcome.child;
    registry.handOver();
    onSucceeded();
    logger.info('upgrade: the successor serves, and this process finishes', { successor: outcome.child.pid });
    void own.submit({ kind: 'stop', graceful: true });
    return { ok: true, pid: outcome.child.pid };
  }

  /**
   * Commands that came while the successor booted. With exitOnDetach, a detach was meant for the supervisor that had
   * the servers then.
   */
  #held(): readonly Command[] {
    if (this.#state.kind !== 'starting') return [];
    return this.#state.held.filter(({ kind }) => kind !== 'detach' || !this.#deps.engine.exitOnDetach);
  }

  /** Passes a command on to the successor. */
  async #tell(command: Command): Promise<AnyResult> {
    const { engine, logger } = this.#deps;
    const pid = this.#successor?.pid;
    const signal = pid === undefined ? undefined : signalFor(command, engine);
    if (pid === undefined || signal === undefined) {
      const isUpgrade = command.kind === 'upgrade';
      const reason = isUpgrade
        ? 'set signalUpgrade to upgrade again'
        : 'the successor takes only signals, and no signal means this command';
      logger.warn(reason, { successor: pid });
      return failed(command, reason);
    }
    sendSignal(pid, signal);
    if (command.kind === 'stop') {
      await this.#isOver.waitForSet();
      return { ok: true };
    }
    return failed(command, `the successor (pid ${pid}) got ${signal}: its log has the outcome`);
  }
}

function isUntouched({ kind }: UpgradeState): boolean {
  return kind === 'booting' || kind === 'none';
}
