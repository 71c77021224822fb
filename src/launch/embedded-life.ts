import type { KillReason } from '../contract/end-reasons';
import type { ChildExit } from '../watch/child-exit';

/**
 * The lifecycle of a worker in the server's own event loop. Nothing but the worker itself can end it: a stop asks it to
 * end, and waits only up to a limit.
 *
 * - `made`: run() was not entered yet.
 * - `running`: in run(), no stop was requested.
 * - `stopping`: a stop was requested; run() goes on.
 * - `finishing`: run() has settled after that; afterDrain() goes on.
 * - `over`: it has ended, or is no longer waited for.
 */
export type EmbeddedLife =
  | { readonly kind: 'made' | 'running' }
  | { readonly kind: 'stopping' | 'finishing'; readonly reason: KillReason; readonly limit: StopLimit }
  | { readonly kind: 'over'; readonly reason: KillReason | undefined; readonly isLeftBehind: boolean };

/** How long its end is waited for. */
interface StopLimit {
  /** Infinity: without a limit. */
  readonly at: number;
  readonly limitMs: number;
  readonly graceful: boolean;
}

export type EmbeddedEvent =
  | { readonly kind: 'enter' }
  | { readonly kind: 'stop'; readonly graceful: boolean; readonly reason: KillReason }
  /** run() has ended. */
  | { readonly kind: 'returned' }
  | { readonly kind: 'failed'; readonly error: unknown }
  /** afterDrain() has ended. */
  | { readonly kind: 'finished' }
  /** Time has passed. */
  | { readonly kind: 'look' };

export type EmbeddedAction =
  | { readonly kind: 'run' }
  | { readonly kind: 'tell_to_stop' }
  | { readonly kind: 'after_drain' }
  /** Its run() was left behind, and has failed since. */
  | { readonly kind: 'say_late_failure'; readonly error: unknown }
  | { readonly kind: 'end'; readonly exit: ChildExit };

export interface EmbeddedScene {
  readonly now: number;
  /** Negative: without a limit. */
  readonly gracefulMs: number;
  readonly immediateMs: number;
}

export interface EmbeddedStep {
  readonly life: EmbeddedLife;
  readonly actions: readonly EmbeddedAction[];
}

export const MADE: EmbeddedLife = { kind: 'made' };

/** The state of the embedded worker after an event, and the actions that follow. */
export function stepEmbedded(life: EmbeddedLife, event: EmbeddedEvent, scene: EmbeddedScene): EmbeddedStep {
  switch (event.kind) {
    case 'enter':
      return life.kind === 'made' ? go({ kind: 'running' }, { kind: 'run' }) : go(life);
    case 'stop':
      return onStop(life, event, scene);
    case 'returned':
      return life.kind === 'stopping'
        ? go({ ...life, kind: 'finishing' }, { kind: 'after_drain' })
        : end(life, RETURNED);
    case 'failed':
      if (life.kind === 'over' && life.isLeftBehind)
        return go(life, { kind: 'say_late_failure', error: event.error });
      return end(life, {
        code: 1,
        signal: null,
        embedded: { kind: 'failed', error: event.error },
      });
    case 'finished':
      return end(life, RETURNED);
    case 'look':
      return onLook(life, scene);
  }
}

const RETURNED: ChildExit = { code: 0, signal: null, embedded: { kind: 'returned' } };

/** When its end is no longer waited for. */
export function embeddedDueAt(life: EmbeddedLife): number {
  return life.kind === 'stopping' || life.kind === 'finishing' ? life.limit.at : Infinity;
}

/** Why it was told to end. */
export function embeddedReason(life: EmbeddedLife): KillReason | undefined {
  return 'reason' in life ? life.reason : undefined;
}

/** Sockets that it closes from now on, or has left open, are for the next worker. */
export function leavesSockets(life: EmbeddedLife): boolean {
  if (life.kind === 'over') return true;
  return (life.kind === 'stopping' || life.kind === 'finishing') && !endsServer(life.reason);
}

function go(life: EmbeddedLife, ...actions: readonly EmbeddedAction[]): EmbeddedStep {
  return { life, actions };
}

function end(life: EmbeddedLife, exit: ChildExit): EmbeddedStep {
  if (life.kind === 'over') return go(life);
  return go({ kind: 'over', reason: embeddedReason(life), isLeftBehind: false }, { kind: 'end', exit });
}

function onStop(
  life: EmbeddedLife,
  { graceful, reason }: EmbeddedEvent & { readonly kind: 'stop' },
  scene: EmbeddedScene,
): EmbeddedStep {
  const limit = limitOf(graceful, reason, scene);
  switch (life.kind) {
    case 'made':
      return go({ kind: 'over', reason, isLeftBehind: false }, { kind: 'end', exit: RETURNED });
    case 'running':
      return go({ kind: 'stopping', reason, limit }, { kind: 'tell_to_stop' });
    case 'stopping':
    case 'finishing':
      // A repeated request does not restart the time. A stop of the server decides that no worker follows.
      return go({
        ...life,
        reason: endsServer(reason) ? reason : life.reason,
        limit: limit.at < life.limit.at ? limit : life.limit,
      });
    case 'over':
      return go(life);
  }
}

/** An immediate restart waits as long as a graceful one: two workers in one event loop would share everything. */
function limitOf(graceful: boolean, reason: KillReason, scene: EmbeddedScene): StopLimit {
  const isPatient = graceful || !endsServer(reason);
  const limitMs = isPatient ? scene.gracefulMs : scene.immediateMs;
  return { at: limitMs < 0 ? Infinity : scene.now + limitMs, limitMs, graceful: isPatient };
}

function onLook(life: EmbeddedLife, { now }: EmbeddedScene): EmbeddedStep {
  if (now < embeddedDueAt(life) || (life.kind !== 'stopping' && life.kind !== 'finishing')) return go(life);
  const { limitMs, graceful } = life.limit;
  const isReplaced = !endsServer(life.reason);
  return go(
    { kind: 'over', reason: graceful ? 'graceful_timeout' : 'immediate_timeout', isLeftBehind: true },
    {
      kind: 'end',
      exit: { code: null, signal: null, embedded: { kind: 'left_behind', limitMs, isReplaced } },
    },
  );
}

/** No worker follows. */
function endsServer(reason: KillReason): boolean {
  return reason === 'stop' || reason === 'upgrade';
}
