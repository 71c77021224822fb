import type { Clock } from '../common/clock';
import { messageOf } from '../common/errors';
import type { LoadedConfig } from '../config/load';
import { planReload } from '../config/reload';
import type { Emit } from '../contract/event-hub';
import type { ReloadResult } from '../contract/results';
import type { Logger } from '../record/logger';
import { reportConfigChanges } from './report-config';
import { SharedRead } from './shared-read';

export interface ConfigReloadDeps {
  readonly loaded: LoadedConfig;
  /** Reads the configuration again. */
  readonly load: () => Promise<LoadedConfig>;
  /** The configuration was reloaded, or the log files must be reopened: apply it to the log. */
  readonly applyLog: (config: LoadedConfig) => void | Promise<void>;
  readonly emit: Emit;
  readonly logger: Logger;
  readonly clock: Clock;
}

/**
 * The configuration in force in a server or supervisor. A reload is a transaction: if anything goes wrong, the last
 * good configuration stays.
 */
export class ConfigReload {
  readonly #deps: ConfigReloadDeps;
  readonly #read = new SharedRead(() => this.#take());
  #loaded: LoadedConfig;
  #reloadedAt: number | undefined;
  #last: ReloadResult = { ok: true, changed: [], needsRestart: [] };

  constructor(deps: ConfigReloadDeps) {
    this.#deps = deps;
    this.#loaded = deps.loaded;
  }

  get loaded(): LoadedConfig {
    return this.#loaded;
  }

  /** When a configuration was last applied, in milliseconds since 1970. */
  get reloadedAt(): number | undefined {
    return this.#reloadedAt;
  }

  /** The outcome of the last read. */
  get last(): ReloadResult {
    return this.#last;
  }

  /** Reads the configuration again. Never rejects. */
  ask(): Promise<ReloadResult> {
    return this.#read.ask();
  }

  /** Reopens the log with the current configuration. Never rejects. */
  async reopenLog(): Promise<ReloadResult> {
    try {
      await this.#deps.applyLog(this.#loaded);
      return { ok: true, changed: [], needsRestart: [] };
    } catch (error) {
      return this.#failed(error);
    }
  }

  async #take(): Promise<ReloadResult> {
    const { logger, load, applyLog, emit, clock } = this.#deps;
    try {
      const plan = planReload(this.#loaded, await load());
      await applyLog(plan.config);
      this.#loaded = plan.config;
      this.#reloadedAt = clock.wallTime();
      reportConfigChanges(logger, plan);
      const [changed, needsRestart] = [plan.changed, plan.needsRestart].map((changes) =>
        changes.map(({ key }) => key),
      );
      this.#last = { ok: true, changed: changed ?? [], needsRestart: needsRestart ?? [] };
    } catch (error) {
      this.#last = this.#failed(error);
    }
    emit('configReloaded', this.#last);
    return this.#last;
  }

  #failed(error: unknown): ReloadResult {
    const reason = messageOf(error);
    this.#deps.logger.error('the configuration was not reloaded; the last good one stays in force', {
      reason,
    });
    return { ok: false, reason, changed: [], needsRestart: [] };
  }
}
