import { say, type PoolDraft } from './pool-draft';
import type { LiveWorker } from './pool-state';

// A worker without connections usually ends at once: that need not be logged.
const ENDS_SOON_MS = 1000;

export function lingersAt({ closedAt, phase }: LiveWorker): number {
  if (closedAt === undefined || phase.kind !== 'closed') return Infinity;
  return phase.connections > 0 ? closedAt : closedAt + ENDS_SOON_MS;
}

export function sayWhoLingers(draft: PoolDraft, now: number): void {
  for (const [serial, { worker, isLogged }] of [...draft.leaving]) {
    if (isLogged || now < lingersAt(worker) || worker.phase.kind !== 'closed') continue;
    draft.leaving.set(serial, { worker, isLogged: true });
    const { workerId, generation, pid, told, phase } = worker;
    const lingering = draft.leaving.size;
    say(draft, {
      kind: 'lingers',
      workerId,
      generation,
      pid,
      reason: told,
      connections: phase.connections,
      lingering,
    });
  }
}
