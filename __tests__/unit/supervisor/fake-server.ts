import { failed, type Command, type ResultOf } from '../../../src/commands/command';
import { Deferred } from '../../../src/common/deferred';
import type { KillReason } from '../../../src/contract/end-reasons';
import type { EngineStatus } from '../../../src/contract/status';
import type { ChildExit } from '../../../src/watch/child-exit';
import type { ServerNotices, ServerProcess, ServerStart } from '../../../src/supervisor/server-process';

/** A server process that consists of its answers. */
export class FakeServer implements ServerProcess {
  readonly generation: number;
  readonly tidied = Promise.resolve();
  readonly commands: Command[] = [];
  notices!: ServerNotices;
  isAlive = true;
  wasTold: 'graceful' | 'immediate' | undefined;
  reason: KillReason | undefined;
  readonly #exit = new Deferred<ChildExit>();
  readonly #end = new Deferred<undefined>();

  constructor({ generation }: ServerStart) {
    this.generation = generation;
  }

  readonly monitor: ServerProcess['monitor'] = this.#monitor();

  watch(notices: ServerNotices): void {
    this.notices = notices;
  }

  /** It answers a restart and a reload when it ends, everything else at once. */
  async submit<C extends Command>(command: C): Promise<ResultOf<C>> {
    this.commands.push(command);
    const isSlow = command.kind === 'restart' || command.kind === 'reload' || command.kind === 'detach';
    if (isSlow || !this.isAlive) {
      await this.#end.wait();
      return failed(command, 'the server process ended');
    }
    return { ...failed(command, ''), ok: true, reason: undefined };
  }

  status(): Promise<EngineStatus | undefined> {
    return Promise.resolve(undefined);
  }

  programMetrics(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  end(exit: ChildExit = { code: 0, signal: null }): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.#exit.settle(exit);
    this.#end.settle(undefined);
  }

  #monitor(): ServerProcess['monitor'] {
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- getters of another object
    const server = this;
    return {
      pid: 1000,
      startedAt: 0,
      contact: { hasBeaten: true },
      exited: this.#exit.wait(),
      drained: Promise.resolve(),
      get isAlive() {
        return server.isAlive;
      },
      get isStopping() {
        return server.wasTold !== undefined;
      },
      get reason() {
        return server.reason;
      },
      requestStop: (graceful, reason) => {
        this.reason ??= reason;
        this.wasTold = graceful ? 'graceful' : 'immediate';
      },
      signal: () => {},
    };
  }
}
