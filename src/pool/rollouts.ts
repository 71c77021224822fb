import type { RestartResult } from '../contract/results';
import { NO_HISTORY } from './restart-policy';
import {
  aliveCount,
  isStopping,
  isSurplus,
  ownerOf,
  say,
  setSlot,
  tellToStop,
  type PoolDraft,
} from './pool-draft';
import type { PoolMoment, Rollout, Serial, Slot } from './pool-state';
import { refreshStandbys } from './standbys';
import { schedule } from './starts';
import { giveUpNext, leftOf, reportLeft } from './turns';
import { replacementOf } from './worker-phase';

/** Replaces every worker, each in the way that the strategy prescribes. */
export function beginRollout(
  draft: PoolDraft,
  graceful: boolean,
  listening: ReadonlySet<Serial>,
  moment: PoolMoment,
): void {
  const { settings, now } = moment;
  // Replacements that are under way may still start the old program.
  overtake(draft, moment);
  const alive = aliveCount(draft);
  const queue: number[] = [];
  const atOnce = new Map<number, number>();
  for (const slot of [...draft.slots.values()]) {
    if (slot.state.kind === 'over') continue;
    const fresh: Slot = { ...slot, history: NO_HISTORY };
    draft.slots.set(slot.workerId, fresh);
    const worker = ownerOf(fresh.state);
    if (fresh.state.kind === 'waiting') {
      schedule(draft, fresh, now, moment);
      atOnce.set(slot.workerId, slot.generation);
    } else if (fresh.state.kind === 'launching') {
      atOnce.set(slot.workerId, slot.generation - 1);
    } else if (worker) {
      const isListening = listening.has(worker.serial);
      if (replacementOf(settings.restartStrategy, worker.phase, isListening) === 'rolling') {
        queue.push(slot.workerId);
      } else {
        atOnce.set(slot.workerId, worker.generation);
        // The successor of a worker that does not listen waits for its end.
        const stopping = tellToStop(draft, worker, graceful, 'restart', !isListening);
        setSlot(draft, fresh, { kind: 'stopping', worker: stopping });
      }
    }
  }
  const stopped = [...draft.slots.values()].filter(({ state }) => state.kind === 'stopping').length;
  say(draft, {
    kind: 'restarting',
    alive,
    graceful,
    rolling: queue.length,
    atOnce: stopped,
    left: queue.length + atOnce.size,
  });
  // Lingering workers are old workers, too: an immediate restart does not wait for them.
  if (!graceful) stopLeaving(draft, false, 'restart');
  refreshStandbys(draft);
  draft.rollouts += 1;
  draft.rollout = {
    id: draft.rollouts,
    graceful,
    startedAt: now,
    queue,
    atOnce,
    isRolling: queue.length > 0,
    replaced: 0,
    reportedLeft: queue.length + atOnce.size,
    failed: undefined,
  };
}

export function stopLeaving(
  draft: PoolDraft,
  graceful: boolean,
  reason: 'stop' | 'restart',
  isHurried = false,
): void {
  for (const [serial, { worker, isLogged }] of [...draft.leaving]) {
    draft.leaving.set(serial, { worker: tellToStop(draft, worker, graceful, reason, isHurried), isLogged });
  }
}

/** Another restart begins, or the pool stops: that replaces or stops the workers in the recycling queue, too. */
export function overtake(draft: PoolDraft, moment: PoolMoment): void {
  const reason = isStopping(draft) ? 'stop' : 'restart';
  const kept = draft.rollout ? leftOf(draft.rollout, draft.turns) : 0;
  for (const slot of [...draft.slots.values()]) {
    if (slot.state.kind === 'replacing')
      giveUpNext(draft, slot, { graceful: draft.stop !== 'immediate', reason }, moment);
  }
  draft.recycles = [];
  for (const [workerId, { cause }] of [...draft.turns]) if (cause === 'rollout') draft.turns.delete(workerId);
  if (!draft.rollout) return;
  finish(draft, {
    ...resultOf(draft.rollout, moment),
    ok: false,
    outcome: 'overtaken',
    kept,
    reason: OVERTAKEN[reason],
  });
}

const OVERTAKEN = {
  stop: 'the server stops',
  restart: 'another restart came before it was finished',
} as const;

function finish(draft: PoolDraft, result: RestartResult): void {
  if (!draft.rollout) return;
  const { kept } = result;
  // Slots whose worker died and came back, or that are no longer wanted, have dropped out without a report.
  if (draft.rollout.reportedLeft !== kept) reportLeft(draft, kept);
  say(draft, { kind: 'rollout_over', isRolling: draft.rollout.isRolling, result });
  draft.actions.push({ kind: 'answer', rollout: draft.rollout.id, result });
  draft.rollout = undefined;
}

function resultOf(rollout: Rollout, { now }: PoolMoment): RestartResult {
  return {
    ok: true,
    outcome: 'held',
    replaced: rollout.replaced,
    kept: 0,
    tookMs: Math.round(now - rollout.startedAt),
  };
}

/** The rollout is over: its last slot has its new worker or is gone, or the rollout has halted. */
export function finishIfDone(draft: PoolDraft, moment: PoolMoment): void {
  const { rollout } = draft;
  if (!rollout) return;
  const isWaiting = !rollout.failed && rollout.queue.length > 0;
  const hasTurn = [...draft.turns.values()].some(({ cause }) => cause === 'rollout');
  if (isWaiting || hasTurn || atOnceLeft(draft, rollout) > 0) return;
  const { failed } = rollout;
  if (!failed) {
    finish(draft, resultOf(rollout, moment));
    return;
  }
  const kept = rollout.isRolling ? rollout.queue.length + 1 : 0;
  finish(draft, {
    ...resultOf(rollout, moment),
    ok: false,
    outcome: 'halted',
    kept,
    failed,
    reason: failed.why,
  });
}

/** Ids that no longer exist, or are over, are not waited for. */
function atOnceLeft(draft: PoolDraft, { atOnce }: Rollout): number {
  return [...atOnce.keys()].filter((workerId) => {
    const slot = draft.slots.get(workerId);
    return slot !== undefined && slot.state.kind !== 'over' && !isSurplus(draft, workerId);
  }).length;
}
