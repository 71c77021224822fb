import { CommandQueue } from '../commands/command-queue';
import { failed, type AnyResult, type Command } from '../commands/command';
import { requireGroup } from '../commands/check-command';
import { sleep, type Clock } from '../common/clock';
import type { ReloadResult, RestartResult } from '../contract/results';
import type { Logger } from '../record/logger';
import type { ConfigReload } from '../server/config-reload';
import type { NextServer } from './next-server';
import type { ServerProcess } from './server-process';

export interface SupervisorCommandsDeps {
  /** The names of the groups of workers. */
  readonly groups: readonly string[];
  readonly config: ConfigReload;
  /** The server that commands go to. */
  readonly current: () => ServerProcess | undefined;
  /** Every server process that has not ended. */
  readonly servers: () => readonly ServerProcess[];
  /** Why no server is started any more, if so. */
  readonly whyNoStart: () => string | undefined;
  readonly stop: (graceful: boolean) => void;
  /**
   * Ends the server process, or the wait for the next one. Resolves when all workers of the next one are ready, or one
   * has failed.
   */
  readonly replace: (graceful: boolean) => Promise<NextServer>;
  /** The server finishes by itself; resolves when the next one is up. */
  readonly detach: (old: ServerProcess) => Promise<NextServer>;
  /** The dump of the supervisor itself. */
  readonly dump: () => void;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** A stop is answered when everything has ended. */
const AT_THE_END = new Promise<never>(() => {});

// A dump is often requested because a server hangs: it is told to dump, but the supervisor does not wait longer than
// this.
const DUMP_LIMIT_MS = 5000;

/** Carries out commands in a supervisor: it passes most of them to the server. */
export class SupervisorCommands {
  readonly #deps: SupervisorCommandsDeps;
  /** Restarts and reloads, which wait until the configuration was read. */
  readonly #afterReload: CommandQueue<ReloadResult>;

  constructor(deps: SupervisorCommandsDeps) {
    this.#deps = deps;
    const { config, logger } = deps;
    this.#afterReload = new CommandQueue({
      // The log is reopened in any case. If the reload fails, the old configuration stays.
      prepare: (commands) =>
        commands.some(({ kind }) => kind === 'restart') || !config.loaded.engine.disableReload
          ? config.ask()
          : config.reopenLog(),
      carryOut: (command, reloaded) => {
        if (command.kind === 'restart') return this.#restart(command);
        if (command.kind === 'reload') return this.#reload(command, reloaded);
        return failed(command, 'it does not wait for a reload');
      },
      logger,
    });
  }

  /** @throws ConfigError when the command names something that does not exist. */
  carryOut(command: Command): AnyResult | Promise<AnyResult> {
    const { groups, current, stop, logger } = this.#deps;
    logger.debug(`command ${command.kind}`, { ...command, kind: undefined });
    if ('group' in command) requireGroup(command.kind, command.group, groups);
    switch (command.kind) {
      case 'stop':
        stop(command.graceful);
        return AT_THE_END;
      case 'restart':
      case 'reload':
        return this.#afterReload.submit(command);
      case 'detach':
        return this.#detach(command);
      case 'upgrade': {
        const reason = 'only the main process can upgrade: send the command there';
        logger.warn(reason);
        return failed(command, reason);
      }
      case 'dump':
        return this.#dump(command);
      case 'scale': {
        const server = current();
        if (server) return server.submit(command);
        const reason = 'there is no server process that could scale';
        logger.warn(reason, { ...command, kind: undefined });
        return failed(command, reason);
      }
    }
  }

  /** See CommandQueue.close(). */
  close(answer: (command: Command) => AnyResult): void {
    this.#afterReload.close(answer);
  }

  async #restart(command: Command & { readonly kind: 'restart' }): Promise<RestartResult> {
    const { config, current, whyNoStart, replace, clock } = this.#deps;
    const server = current();
    if (server && !config.loaded.engine.restartServerProcess) return server.submit(command);
    const reason = whyNoStart();
    if (reason !== undefined) return failed(command, reason);
    const begunAt = clock.now();
    const next = await replace(command.graceful);
    const tookMs = Math.round(clock.now() - begunAt);
    if (next.kind === 'taken_over') {
      // A server of another version reports only that its first worker is ready.
      return { ok: true, outcome: 'held', replaced: 1, kept: 0, ...next.firstRound, tookMs };
    }
    return { ...failed(command, whyNot(next)), outcome: 'halted', tookMs };
  }

  /** Both the supervisor and the server have read the configuration. */
  async #reload(command: Command & { readonly kind: 'reload' }, own: ReloadResult): Promise<ReloadResult> {
    const server = this.#deps.current();
    if (!server) return own;
    const below = await server.submit(command);
    return {
      ok: own.ok && below.ok,
      reason: own.reason ?? below.reason,
      changed: [...new Set([...own.changed, ...below.changed])],
      needsRestart: [...new Set([...own.needsRestart, ...below.needsRestart])],
    };
  }

  async #detach(command: Command & { readonly kind: 'detach' }): Promise<AnyResult> {
    const { current, detach, whyNoStart } = this.#deps;
    const old = current();
    if (!old) return failed(command, whyNoStart() ?? 'the next server process is already about to start');
    const next = await detach(old);
    switch (next.kind) {
      case 'taken_over':
        return { ok: true, pid: next.pid };
      case 'left':
        return { ok: true };
      case 'failed':
        return failed(command, next.reason);
    }
  }

  async #dump(command: Command & { readonly kind: 'dump' }): Promise<AnyResult> {
    const { servers, dump, clock } = this.#deps;
    const isOfOne = command.worker !== undefined;
    if (!isOfOne) dump();
    const told = servers();
    const silent = new Set(told);
    const answers = told.map(async (server) => {
      const result = await server.submit(command);
      silent.delete(server);
      return result;
    });
    const results = await Promise.race([Promise.all(answers), sleep(clock, DUMP_LIMIT_MS)]);
    // While one server replaces another, the worker may be of either.
    if (results)
      return (
        results.find(({ ok }) => ok === isOfOne) ??
        results[0] ??
        (isOfOne ? failed(command, 'there is no server process that has the worker') : { ok: true })
      );
    const pids = [...silent].map(({ monitor }) => String(monitor.pid)).join(', ');
    return failed(command, `the server process ${pids} has not answered after ${DUMP_LIMIT_MS / 1000} s`);
  }
}

function whyNot(next: NextServer & { readonly kind: 'left' | 'failed' }): string {
  return next.kind === 'failed' ? next.reason : 'the supervisor ends, as exitOnDetach says';
}
