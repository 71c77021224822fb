import { callHook } from '../contract/call-hook';
import type { Logger } from '../record/logger';

/** called: the hook, or other code while it ran, has called super. returned: the hook ended without that. */
export type HookOutcome<T> =
  | { readonly kind: 'called'; readonly value: T }
  | { readonly kind: 'returned' }
  | { readonly kind: 'threw'; readonly error: unknown };

/** Finds out whether a hook of the user calls super, and with what result. */
export class HookCalls<T> {
  readonly #waiting = new Set<(value: T) => void>();

  /** super was called. */
  note(value: T): void {
    for (const waiting of [...this.#waiting]) waiting(value);
  }

  /** Calls a hook. Resolves with what is known first, so a hook that hangs after super does not delay the result. */
  during(name: string, hook: () => void | Promise<void>, logger: Logger): Promise<HookOutcome<T>> {
    return new Promise((resolve) => {
      const settle = (outcome: HookOutcome<T>): void => {
        this.#waiting.delete(called);
        resolve(outcome);
      };
      const called = (value: T): void => settle({ kind: 'called', value });
      this.#waiting.add(called);
      const call = async (): Promise<void> => {
        await hook();
        settle({ kind: 'returned' });
      };
      callHook(name, call, logger, {}, (error) => settle({ kind: 'threw', error }));
    });
  }
}
