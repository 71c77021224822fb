/**
 * What a rollout knows about an old worker whose replacement has taken over.
 *
 * - `told`: it was told to stop, and may still accept.
 * - `closed`: it accepts nothing new.
 * - `gone`: it has ended.
 */
export type OldWorker =
  | { readonly kind: 'told'; readonly since: number }
  | { readonly kind: 'closed'; readonly since: number }
  | { readonly kind: 'gone' };

export interface RolloutWaitSettings {
  /** restartLinger: how long a rollout waits for the end of a worker that accepts nothing new. */
  readonly lingerMs: number;
  /**
   * How long it waits for a worker that does not report that it has stopped accepting: it may hang, or be a foreign
   * program.
   */
  readonly closeLimitMs: number;
}

export type RolloutWait =
  | { readonly kind: 'wait'; readonly until: number }
  /**
   * ended: the worker is gone. lingers: it finishes alone, under its escalation. silent: the same, but it may still
   * accept.
   */
  | { readonly kind: 'go_on'; readonly old: 'ended' | 'lingers' | 'silent' };

/** Whether a rollout goes on to the next worker now. */
export function waitForOld(old: OldWorker, settings: RolloutWaitSettings, now: number): RolloutWait {
  switch (old.kind) {
    case 'gone':
      return { kind: 'go_on', old: 'ended' };
    case 'closed':
      return waitUntil(old.since + settings.lingerMs, now, 'lingers');
    case 'told':
      return waitUntil(old.since + settings.closeLimitMs, now, 'silent');
  }
}

function waitUntil(until: number, now: number, old: 'lingers' | 'silent'): RolloutWait {
  return now >= until ? { kind: 'go_on', old } : { kind: 'wait', until };
}
