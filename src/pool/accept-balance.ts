import { ownerOf, say, type PoolDraft } from './pool-draft';
import type { PoolMoment, Serial } from './pool-state';
import type { Measure } from './recycles';

/** With fewer connections than this, their distribution does not matter. */
const FEW = 64;
/** A worker with this many times the mean has too many. */
const TOO_MANY = 1.5;
/** The others have caught up when the worker is within this factor of the mean. */
const CAUGHT_UP = 1.1;

/** Longer than it takes to renew the pause, even if the server is busy. */
const PAUSE_MS = 5000;

/** One worker that can accept. */
export interface Load {
  readonly serial: Serial;
  readonly connections: number;
}

/**
 * Chooses the workers that pause accepting, so that the others catch up. It never returns all of them: at least one
 * worker has no more than the mean.
 * @param paused the workers that pause now.
 */
export function workersToPause(paused: ReadonlySet<Serial>, loads: readonly Load[]): ReadonlySet<Serial> {
  const mean = loads.reduce((sum, { connections }) => sum + connections, 0) / loads.length;
  return new Set(
    loads
      .filter(
        ({ serial, connections }) =>
          connections > FEW && connections > mean * (paused.has(serial) ? CAUGHT_UP : TOO_MANY),
      )
      .map(({ serial }) => serial),
  );
}

/** Renews the pause of workers that must go on pausing, and ends it for workers that have caught up. */
export function balanceAccepting(
  draft: PoolDraft,
  measures: ReadonlyMap<Serial, Measure>,
  { settings }: PoolMoment,
): void {
  if (!settings.acceptBalance && draft.paused.size === 0) return;
  const loads = settings.acceptBalance ? loadsIn(draft, measures) : [];
  const pausing = workersToPause(draft.paused, loads);
  const connectionsOf = new Map(loads.map(({ serial, connections }) => [serial, connections]));
  for (const serial of pausing) {
    if (!draft.paused.has(serial)) {
      const connections = connectionsOf.get(serial) ?? 0;
      say(draft, {
        kind: 'accept_paused',
        ...nameOf(draft, serial),
        connections,
        of: [...connectionsOf.values()],
      });
    }
    draft.actions.push({ kind: 'pause_accepting', serial, forMs: PAUSE_MS });
  }
  resume(draft, (serial) => !pausing.has(serial), connectionsOf);
  draft.paused = pausing;
}

/** If all others have ended meanwhile, the last worker must accept now, not at the next check. */
export function acceptIfAlone(draft: PoolDraft): void {
  if (draft.paused.size === 0) return;
  const accepting = acceptingIn(draft);
  if (accepting.some((serial) => !draft.paused.has(serial))) return;
  resume(draft, () => true, new Map());
  draft.paused = new Set();
}

function resume(
  draft: PoolDraft,
  which: (serial: Serial) => boolean,
  connectionsOf: ReadonlyMap<Serial, number>,
): void {
  // A worker that was told to stop closes its listening sockets itself.
  const accepting = new Set(acceptingIn(draft));
  for (const serial of draft.paused) {
    if (!which(serial) || !accepting.has(serial)) continue;
    draft.actions.push({ kind: 'pause_accepting', serial, forMs: 0 });
    say(draft, { kind: 'accept_resumed', ...nameOf(draft, serial), connections: connectionsOf.get(serial) });
  }
}

function loadsIn(draft: PoolDraft, measures: ReadonlyMap<Serial, Measure>): readonly Load[] {
  return acceptingIn(draft).flatMap((serial) => {
    const { connections, sharesSockets } = measures.get(serial) ?? {};
    return connections === undefined || !sharesSockets ? [] : [{ serial, connections }];
  });
}

function acceptingIn({ slots }: PoolDraft): readonly Serial[] {
  return [...slots.values()].flatMap(({ state }) => {
    const worker = ownerOf(state);
    const isAccepting = worker?.phase.kind === 'running' && worker.told === undefined;
    return isAccepting ? [worker.serial] : [];
  });
}

function nameOf({ slots }: PoolDraft, serial: Serial) {
  const owners = [...slots.values()].map(({ state }) => ownerOf(state));
  const { workerId = 0, generation = 0, pid } = owners.find((worker) => worker?.serial === serial) ?? {};
  return { workerId, generation, pid };
}
