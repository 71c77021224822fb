import { acceptIfAlone, balanceAccepting } from './accept-balance';
import { admit } from './admit';
import { onExit, onGivenUp, onLaunchFailed, onLaunchLeft } from './ends';
import { noteSurvivors } from './first-start';
import { stopAll } from './giving-up';
import { sayWhoLingers } from './lingering';
import { makeRoom } from './make-room';
import {
  changeWorker,
  draftOf,
  isStopping,
  isSurplus,
  leave,
  ownerOf,
  say,
  setSlot,
  tellToStop,
  type PoolDraft,
} from './pool-draft';
import type { PoolAction, PoolEvent } from './pool-events';
import type { LiveWorker, PoolMoment, PoolState, Serial, Slot } from './pool-state';
import { beginRollout, finishIfDone } from './rollouts';
import { fill, launchesOf, reportSlowLaunches, slotOfLaunch, withdraw } from './starts';
import { measureIfDue, onMeasured } from './recycles';
import { giveUpNext, lookAtTurns, noteNext, noteOld, promote } from './turns';
import {
  endLateStandbys,
  onStandbyGone,
  onStandbyLaunched,
  onStandbyReady,
  refreshStandbys,
} from './standbys';
import { nextPhase, type PhaseNotice } from './worker-phase';

/** The pool after an event, and the actions that follow. Nothing else decides about workers. */
export function stepPool(
  state: PoolState,
  event: PoolEvent,
  moment: PoolMoment,
): { readonly state: PoolState; readonly actions: readonly PoolAction[] } {
  const draft = draftOf(state);
  if (!draft.isOver) {
    take(draft, event, moment);
    look(draft, moment);
  } else if (event.kind === 'launched') {
    endUnknown(draft, event.serial);
  }
  const { actions, ...next } = draft;
  return { state: next, actions };
}

function take(draft: PoolDraft, event: PoolEvent, moment: PoolMoment): void {
  switch (event.kind) {
    case 'start':
      draft.hasStarted = true;
      fill(draft, moment);
      noteIfAllAreUp(draft);
      return;
    case 'stop':
      stopAll(draft, event.graceful, event.isAwaited, moment);
      return;
    case 'restart':
      if (!isStopping(draft)) beginRollout(draft, event.graceful, event.listening, moment);
      return;
    case 'scale':
      onScale(draft, event.to, moment);
      return;
    case 'look':
      return;
    case 'launched':
      if (draft.standbys.has(event.serial)) onStandbyLaunched(draft, event.serial, event.pid);
      else onLaunched(draft, event, moment);
      return;
    case 'standby_ready':
      onStandbyReady(draft, event.serial, moment);
      return;
    case 'reloaded':
      refreshStandbys(draft);
      onScale(draft, event.to, moment);
      return;
    case 'given_up':
      onGivenUp(draft, event, moment);
      return;
    case 'launch_failed':
      if (draft.standbys.has(event.serial)) onStandbyGone(draft, event.serial, moment);
      else onLaunchFailed(draft, event.serial, event.error, moment);
      return;
    case 'launch_left':
      if (!draft.standbys.delete(event.serial)) onLaunchLeft(draft, event.serial);
      return;
    case 'running':
      onNotice(draft, event.serial, { kind: 'running' });
      return;
    case 'ready':
      onReady(draft, event.serial, moment);
      return;
    case 'stopping':
      onNotice(draft, event.serial, { kind: 'stopping', isListening: event.isListening });
      return;
    case 'closed':
      onNotice(draft, event.serial, { kind: 'closed', connections: event.connections });
      onClosed(draft, event.serial, moment.now);
      return;
    case 'measured':
      onMeasured(draft, event.measures, moment);
      if (!isStopping(draft)) balanceAccepting(draft, event.measures, moment);
      return;
    case 'exited':
      if (draft.standbys.has(event.serial)) {
        onStandbyGone(draft, event.serial, moment);
        return;
      }
      onExit(draft, event.serial, event.exit, event.reason, moment);
      noteIfAllAreUp(draft);
  }
}

/** What the passing of time causes. */
function look(draft: PoolDraft, moment: PoolMoment): void {
  noteSurvivors(draft, moment);
  makeRoom(draft, moment);
  measureIfDue(draft, moment);
  acceptIfAlone(draft);
  lookAtTurns(draft, moment);
  endLateStandbys(draft, moment);
  sayWhoLingers(draft, moment.now);
  reportSlowLaunches(draft, moment);
  admit(draft, moment);
  finishIfDone(draft, moment);
  giveUpLaunches(draft, moment.now);
  endIfOver(draft);
}

function onScale(draft: PoolDraft, to: number, moment: PoolMoment): void {
  if (to === draft.target || isStopping(draft)) return;
  say(draft, { kind: 'scaling', from: draft.target, to });
  draft.target = to;
  if (!draft.hasStarted) return;
  fill(draft, moment);
  for (const slot of [...draft.slots.values()])
    if (isSurplus(draft, slot.workerId)) retire(draft, slot, moment);
  noteIfAllAreUp(draft);
}

function retire(draft: PoolDraft, before: Slot, moment: PoolMoment): void {
  if (before.state.kind === 'replacing') {
    giveUpNext(draft, before, { graceful: true, reason: 'scale_down' }, moment);
  }
  const slot = draft.slots.get(before.workerId);
  if (!slot) return;
  for (const launch of launchesOf(slot)) withdraw(draft, launch);
  const worker = ownerOf(slot.state);
  if (!worker) draft.slots.delete(slot.workerId);
  else setSlot(draft, slot, { kind: 'stopping', worker: tellToStop(draft, worker, true, 'scale_down') });
}

function onLaunched(
  draft: PoolDraft,
  { serial, pid, startedAt, start }: PoolEvent & { readonly kind: 'launched' },
  moment: PoolMoment,
): void {
  const found = slotOfLaunch(draft, serial);
  const launch = found?.launch ?? draft.withdrawn.get(serial);
  if (!launch) {
    endUnknown(draft, serial);
    return;
  }
  const { workerId, generation, since } = launch;
  const worker: LiveWorker = {
    serial,
    workerId,
    generation,
    pid,
    since,
    startedAt,
    phase: { kind: 'starting' },
    readyAt: undefined,
    closedAt: undefined,
    told: undefined,
    jitter: moment.random(),
  };
  if (pid !== undefined) say(draft, { kind: 'started', workerId, generation, pid, start });
  if (!found) {
    // A stop, or another restart, came during the start.
    draft.withdrawn.delete(serial);
    const reason = isStopping(draft) ? 'stop' : isSurplus(draft, workerId) ? 'scale_down' : 'restart';
    leave(draft, tellToStop(draft, worker, draft.stop !== 'immediate', reason));
    return;
  }
  const { slot } = found;
  const { state } = slot;
  if (state.kind === 'replacing') {
    setSlot(draft, slot, { ...state, next: { kind: 'booting', worker, since: moment.now } });
  } else {
    setSlot(draft, slot, { kind: 'serving', worker });
  }
}

/** Nothing waited for that start any more. */
function endUnknown(draft: PoolDraft, serial: Serial): void {
  draft.actions.push({ kind: 'tell_to_stop', serial, graceful: false, reason: 'stop', isHurried: false });
}

function onNotice(draft: PoolDraft, serial: Serial, notice: PhaseNotice): void {
  const worker = changeWorker(draft, serial, (one) => ({ ...one, phase: nextPhase(one.phase, notice) }));
  if (!worker || notice.kind !== 'running') return;
  const { workerId, generation, pid } = worker;
  say(draft, { kind: 'running', workerId, generation, pid });
  noteIfAllAreUp(draft);
}

function onReady(draft: PoolDraft, serial: Serial, moment: PoolMoment): void {
  const { now } = moment;
  const before = changeWorker(draft, serial, (one) => one);
  if (!before || before.readyAt !== undefined) return;
  const worker = changeWorker(draft, serial, (one) => ({ ...one, readyAt: now })) ?? before;
  const { workerId, generation, pid, since } = worker;
  say(draft, { kind: 'ready', workerId, generation, pid, startMs: Math.round(now - since) });
  const slot = draft.slots.get(workerId);
  if (slot?.state.kind === 'replacing' && ownerOf(slot.state)?.serial !== serial)
    promote(draft, slot, moment);
  noteNext(draft, worker, 'ready', moment);
  noteIfAllAreUp(draft);
}

function onClosed(draft: PoolDraft, serial: Serial, now: number): void {
  changeWorker(draft, serial, (one) => ({ ...one, closedAt: one.closedAt ?? now }));
  noteOld(draft, serial, 'closed', now);
}

/** Then sockets that only earlier workers used can be closed. */
function noteIfAllAreUp(draft: PoolDraft): void {
  const areUp = [...draft.slots.values()].every(
    ({ state }) => state.kind === 'serving' && state.worker.phase.kind === 'running',
  );
  if (areUp) draft.actions.push({ kind: 'all_are_up' });
}

function giveUpLaunches(draft: PoolDraft, now: number): void {
  if (draft.launchLimitAt === undefined || now < draft.launchLimitAt || draft.withdrawn.size === 0) return;
  say(draft, {
    kind: 'launches_given_up',
    workers: [...draft.withdrawn.values()].map(({ workerId }) => workerId),
  });
  draft.withdrawn.clear();
}

function endIfOver(draft: PoolDraft): void {
  if (!isStopping(draft)) return;
  if (draft.slots.size > 0 || draft.leaving.size > 0 || draft.withdrawn.size > 0) return;
  if (draft.standbys.size > 0) return;
  draft.isOver = true;
  draft.actions.push({ kind: 'end', cause: draft.endCause });
}
