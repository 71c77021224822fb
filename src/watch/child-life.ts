import { isIntended, type KillReason } from '../contract/end-reasons';
import {
  giveUp,
  nextDueAt,
  nextKillStep,
  requestStop,
  type KillSignal,
  type KillState,
  type KillTimings,
} from './kill-escalation';

/**
 * The lifecycle of one child, a process or a thread, as the process above sees it.
 *
 * - `running`: no end was requested.
 * - `examined`: it was silent and was given up; the engine finds out what it hangs in. A stop that is under way, or is
 *   requested meanwhile, goes on.
 * - `stopping`: the escalation runs.
 * - `gone`: it has ended.
 */
export type ChildLife =
  | { readonly kind: 'running'; readonly pipeClosedAt?: number; readonly isLateLogged?: true }
  | { readonly kind: 'examined'; readonly reason: KillReason; readonly kill?: KillState }
  | {
      readonly kind: 'stopping';
      readonly reason: KillReason;
      readonly kill: KillState;
      readonly pipeClosedAt?: number;
    }
  | { readonly kind: 'gone'; readonly reason: KillReason | undefined };

export type ChildEvent =
  /** `silentMs`: the child must end, because it is not ready and has been silent for this long. */
  | {
      readonly kind: 'stop';
      readonly graceful: boolean;
      readonly reason: KillReason;
      readonly silentMs?: number | undefined;
    }
  /** Its heartbeat pipe has ended. */
  | { readonly kind: 'pipe_closed' }
  /**
   * Time has passed. `overdueMs`: how long it has been silent, if that is too long. `boot`: it should be ready by now,
   * and is not; how long it has taken, and been silent if that is as long.
   */
  | {
      readonly kind: 'tick';
      readonly overdueMs?: number | undefined;
      readonly boot?: { readonly tookMs: number; readonly silentMs: number | undefined } | undefined;
    }
  /** The diagnosis is over, whatever the outcome. */
  | { readonly kind: 'examined' }
  | { readonly kind: 'exit' };

export type ChildAction =
  | { readonly kind: 'give_up'; readonly reason: GiveUpReason; readonly overdueMs?: number | undefined }
  /** It is not ready in time, but its event loop runs. */
  | { readonly kind: 'say_late'; readonly tookMs: number }
  | { readonly kind: 'examine' }
  | { readonly kind: 'send'; readonly step: KillSignal; readonly reason: KillReason };

/** Why a child is given up: it is told to end at once, and killed soon after. */
export type GiveUpReason = 'heartbeat_timeout' | 'heartbeat_closed' | 'ready_timeout';

/** What a decision depends on, besides state and event. */
export interface ChildScene {
  readonly now: number;
  readonly kill: KillTimings;
  /** It is possible to find out what it hangs in. */
  readonly canExamine: boolean;
}

export interface ChildStep {
  readonly life: ChildLife;
  readonly actions: readonly ChildAction[];
}

// The end of the pipe and the exit event of a dying child come in either order.
const PIPE_CLOSED_GRACE_MS = 1000;

export const BORN: ChildLife = { kind: 'running' };

/** The state of the child after an event, and the actions that follow. */
export function step(life: ChildLife, event: ChildEvent, scene: ChildScene): ChildStep {
  if (life.kind === 'gone') return { life, actions: [] };
  switch (event.kind) {
    case 'exit':
      return { life: { kind: 'gone', reason: reasonOf(life) }, actions: [] };
    case 'pipe_closed':
      // A child that is examined will end in any case.
      return {
        life: life.kind === 'examined' ? life : { ...life, pipeClosedAt: scene.now },
        actions: [],
      };
    case 'stop': {
      // Given up already, by its own clock: it is ended as soon as its stack is known.
      if (life.kind === 'examined' && event.silentMs !== undefined) return { life, actions: [] };
      if (life.kind === 'running' && event.silentMs !== undefined) {
        return givenUp(life, { kind: 'give_up', reason: 'ready_timeout', overdueMs: event.silentMs }, scene);
      }
      const kill = requestStop(killOf(life), event.graceful, scene.now);
      return escalate(stopping(life, reasonOf(life) ?? event.reason, kill), scene);
    }
    case 'examined':
      // Even if it beats again: it was given up, and the log says so.
      if (life.kind !== 'examined') return { life, actions: [] };
      return escalate({ kind: 'stopping', reason: life.reason, kill: giveUp(life.kill, scene.now) }, scene);
    case 'tick':
      return tick(life, event, scene);
  }
}

/** When a tick next has something to do, apart from the heartbeat. */
export function lifeDueAt(life: ChildLife, timings: KillTimings): number {
  const kill = killOf(life);
  return Math.min(pipeClosedAt(life) + PIPE_CLOSED_GRACE_MS, kill ? nextDueAt(kill, timings) : Infinity);
}

/** Why we are ending it. */
export function reasonOf(life: ChildLife): KillReason | undefined {
  return life.kind === 'running' ? undefined : life.reason;
}

/** Whether a long silence counts: a child that must end at once is killed soon in any case. */
export function countsSilence(life: ChildLife): boolean {
  return life.kind === 'running' || (life.kind === 'stopping' && life.kill.phase === 'graceful');
}

function tick(
  life: Exclude<ChildLife, { kind: 'gone' }>,
  { overdueMs, boot }: ChildEvent & { readonly kind: 'tick' },
  scene: ChildScene,
): ChildStep {
  if (life.kind !== 'examined') {
    if (scene.now - pipeClosedAt(life) >= PIPE_CLOSED_GRACE_MS) {
      return givenUp(life, { kind: 'give_up', reason: 'heartbeat_closed' }, scene);
    }
    if (overdueMs !== undefined && countsSilence(life)) {
      return givenUp(life, { kind: 'give_up', reason: 'heartbeat_timeout', overdueMs }, scene);
    }
  }
  return life.kind === 'running' && boot ? late(life, boot, scene) : escalate(life, scene);
}

/** Before a child is ready, silence counts earlier. A child that beats may wait for something: it may go on. */
function late(
  life: ChildLife & { readonly kind: 'running' },
  { tookMs, silentMs }: { readonly tookMs: number; readonly silentMs: number | undefined },
  scene: ChildScene,
): ChildStep {
  if (silentMs !== undefined) {
    return givenUp(life, { kind: 'give_up', reason: 'ready_timeout', overdueMs: silentMs }, scene);
  }
  if (life.isLateLogged) return { life, actions: [] };
  return { life: { ...life, isLateLogged: true }, actions: [{ kind: 'say_late', tookMs }] };
}

function givenUp(
  life: ChildLife,
  action: Extract<ChildAction, { kind: 'give_up' }>,
  scene: ChildScene,
): ChildStep {
  const { reason } = action;
  const kill = killOf(life);
  const isExamined = scene.canExamine && reason !== 'heartbeat_closed';
  const next = escalate(
    isExamined
      ? { kind: 'examined', reason, ...(kill && { kill }) }
      : { kind: 'stopping', reason, kill: giveUp(kill, scene.now) },
    scene,
  );
  const first: readonly ChildAction[] = isExamined ? [action, { kind: 'examine' }] : [action];
  return { life: next.life, actions: [...first, ...next.actions] };
}

/** At most one step of the escalation, if one is due. */
function escalate(life: ChildLife, { kill: timings, now }: ChildScene): ChildStep {
  const kill = killOf(life);
  if (!kill || (life.kind !== 'examined' && life.kind !== 'stopping')) return { life, actions: [] };
  const { state, send } = nextKillStep(kill, timings, now);
  if (send === undefined) return { life: { ...life, kill: state }, actions: [] };
  let { reason } = life;
  if (isIntended(reason)) {
    if (send === 'kill') reason = 'immediate_timeout';
    else if (kill.phase !== state.phase) reason = 'graceful_timeout';
  }
  return { life: { ...life, kill: state, reason }, actions: [{ kind: 'send', step: send, reason }] };
}

function stopping(life: ChildLife, reason: KillReason, kill: KillState): ChildLife {
  return life.kind === 'examined' ? { ...life, kill } : { ...life, kind: 'stopping', reason, kill };
}

function killOf(life: ChildLife): KillState | undefined {
  return life.kind === 'examined' || life.kind === 'stopping' ? life.kill : undefined;
}

/** Infinity: it is open. */
function pipeClosedAt(life: ChildLife): number {
  return life.kind === 'running' || life.kind === 'stopping' ? (life.pipeClosedAt ?? Infinity) : Infinity;
}
