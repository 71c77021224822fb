import { failed, type AnyResult, type Command } from '../commands/command';
import { messageOf } from '../common/errors';
import type { ReloadResult, RestartResult } from '../contract/results';
import type { Server } from '../contract/server';
import type { Logger } from '../record/logger';
import { HookCalls, type HookOutcome } from './hook-calls';
import type { Pools } from './pools';

/** What the hooks of the Server object request with super.restart(), super.reload() and super.dump(). */
export interface SuperCalls {
  readonly restarts: HookCalls<{ readonly result: Promise<RestartResult> }>;
  readonly reloads: HookCalls<ReloadResult>;
  readonly dumps: HookCalls<undefined>;
}

export function superCalls(): SuperCalls {
  return { restarts: new HookCalls(), reloads: new HookCalls(), dumps: new HookCalls() };
}

export interface ServerCommandsDeps {
  readonly server: Server;
  readonly calls: SuperCalls;
  readonly pools: Pools;
  /** Asks the Server object to stop. A detach is a stop after which the next server starts. */
  readonly stop: (command: Command & { readonly kind: 'stop' | 'detach' }) => void;
  readonly logger: Logger;
}

/** A stop is answered when everything has ended. */
const AT_THE_END = new Promise<never>(() => {});

/** Carries out commands through the hooks of the Server object, and finds out their outcome. */
export class ServerCommands {
  readonly #deps: ServerCommandsDeps;

  constructor(deps: ServerCommandsDeps) {
    this.#deps = deps;
  }

  /** @throws ConfigError when the command names something that does not exist. */
  async carryOut(command: Command): Promise<AnyResult> {
    const { server, calls, pools, stop, logger } = this.#deps;
    logger.debug(`command ${command.kind}`, { ...command, kind: undefined });
    switch (command.kind) {
      case 'stop':
      case 'detach':
        stop(command);
        return AT_THE_END;
      case 'restart': {
        const { graceful, group } = command;
        pools.requireGroup('restart', group);
        const restart = () => server.restart(graceful, group);
        const outcome = await calls.restarts.during('restart', restart, logger);
        return outcome.kind === 'called' ? outcome.value.result : failed(command, whyNot('restart', outcome));
      }
      case 'reload': {
        const outcome = await calls.reloads.during('reload', () => server.reload(), logger);
        return outcome.kind === 'called' ? outcome.value : failed(command, whyNot('reload', outcome));
      }
      case 'dump': {
        const { worker, group } = command;
        if (worker !== undefined || group !== undefined) {
          const isThere = pools.dump(worker, group);
          return isThere ? { ok: true } : failed(command, 'no such worker is running at the moment');
        }
        const outcome = await calls.dumps.during('dump', () => server.dump(), logger);
        return outcome.kind === 'called' ? { ok: true } : failed(command, whyNot('dump', outcome));
      }
      case 'scale':
        return 'to' in command
          ? pools.scale(command.to, command.group)
          : pools.scaleBy(command.by, command.group);
      case 'upgrade': {
        const reason = 'only the main process can upgrade: send the command there';
        logger.warn(reason);
        return failed(command, reason);
      }
    }
  }
}

function whyNot(hook: string, outcome: Exclude<HookOutcome<unknown>, { kind: 'called' }>): string {
  return outcome.kind === 'threw'
    ? `${hook}() of the server failed: ${messageOf(outcome.error)}`
    : `${hook}() of the server has not called super.${hook}()`;
}

/** The answer to a command that was still unanswered when the server ended. */
export function answerAtTheEnd(command: Command, isSupervised: boolean): AnyResult {
  if (command.kind === 'stop' || (command.kind === 'detach' && isSupervised)) return { ok: true };
  const reason =
    command.kind === 'detach'
      ? 'there is no supervisor to start the next server: this was a graceful stop, and the server has ended'
      : 'the server has ended';
  return failed(command, reason);
}
