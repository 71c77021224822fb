import type { Emit } from '../contract/event-hub';
import type { PoolNews } from './pool-events';

/** Emits the news that a user's program can listen for. The death event is emitted where its record is made. */
export function emitNews(emit: Emit, group: string, news: PoolNews): void {
  switch (news.kind) {
    case 'started': {
      const { workerId, generation, pid, start } = news;
      emit('workerStarted', { group, workerId, generation, pid, start });
      return;
    }
    case 'ready': {
      const { workerId, generation, pid, startMs } = news;
      emit('workerReady', { group, workerId, generation, pid, startMs });
      return;
    }
    case 'restarting':
      emit('rollout', { group, kind: 'begun', replaced: 0, left: news.left });
      return;
    case 'rollout_progress':
      emit('rollout', { group, kind: 'progress', replaced: news.replaced, left: news.left });
      return;
    case 'rollout_over': {
      const { outcome = 'overtaken', replaced, kept, failed } = news.result;
      emit('rollout', { group, kind: outcome, replaced, left: kept, failed });
      return;
    }
    // These are only logged.
    case 'running':
    case 'launch_slow':
    case 'launches_given_up':
    case 'delayed':
    case 'unrecoverable':
    case 'never_up':
    case 'crash_limit':
    case 'scaling':
    case 'stopping':
    case 'replaced':
    case 'lingers':
    case 'accept_paused':
    case 'accept_resumed':
    case 'memory_unknown':
    case 'standby_greedy':
    case 'standby_ready':
    case 'standby_delayed':
    case 'healing':
    case 'recycling':
    case 'recycled':
    case 'recycle_failed':
  }
}
