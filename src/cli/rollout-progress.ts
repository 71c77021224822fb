import type { EngineEventName, EngineEvents } from '../contract/events';
import type { EngineStatus } from '../contract/status';
import { endOf } from './status-view';
import { shortTime } from './units';

/** One worker id on its way through a restart. */
interface Place {
  readonly name: string;
  /** The process that will be replaced. */
  readonly before: number | undefined;
  readonly after: number | undefined;
  readonly state: 'old' | 'starting' | 'ready' | 'failed';
  /** How long it took, or how it ended. */
  readonly note: string;
}

export interface Progress {
  readonly places: readonly Place[];
}

export interface ProgressStep {
  readonly progress: Progress;
  /** What has happened, as a sentence; undefined: there is nothing to report. */
  readonly line: string | undefined;
}

export function beginProgress(status: EngineStatus, group?: string): Progress {
  return {
    places: status.workers
      .filter((worker) => group === undefined || worker.group === group)
      .map((worker) => ({
        name: `${worker.group}/${String(worker.workerId)}`,
        before: worker.pid,
        after: undefined,
        state: 'old',
        note: '',
      })),
  };
}

/** The progress of a restart after an event. */
export function stepProgress(progress: Progress, event: EngineEventName, payload: unknown): ProgressStep {
  switch (event) {
    case 'workerStarted': {
      const { group, workerId, pid } = payload as EngineEvents['workerStarted'];
      const name = `${group}/${String(workerId)}`;
      const next = withPlace(progress, name, { after: pid, state: 'starting', note: '' });
      return { progress: next, line: `${name}: started, pid ${pidText(pid)}` };
    }
    case 'workerReady': {
      const { group, workerId, pid, startMs } = payload as EngineEvents['workerReady'];
      const name = `${group}/${String(workerId)}`;
      const note = `ready after ${shortTime(startMs)}`;
      const next = withPlace(progress, name, { after: pid, state: 'ready', note });
      return { progress: next, line: `${name}: ${note}, pid ${pidText(pid)}` };
    }
    case 'workerExited': {
      const death = payload as EngineEvents['workerExited'];
      const name = `${death.group}/${String(death.workerId)}`;
      const line = `${name}: pid ${pidText(death.pid)} ended, ${endOf(death)}`;
      const place = progress.places.find((one) => one.name === name);
      // The end of the old process does not change the state of its worker id.
      if (!place || place.after === undefined || place.after !== death.pid) return { progress, line };
      return { progress: withPlace(progress, name, { state: 'failed', note: endOf(death) }), line };
    }
    case 'rollout': {
      const { group, kind, replaced, left } = payload as EngineEvents['rollout'];
      if (kind === 'begun') return { progress, line: `${group}: restart begins, ${String(left)} to replace` };
      if (kind === 'progress')
        return { progress, line: `${group}: ${String(replaced)} replaced, ${String(left)} left` };
      return { progress, line: `${group}: restart ${kind}` };
    }
    case 'serverState': {
      const { state, pid } = payload as EngineEvents['serverState'];
      return { progress, line: `server ${String(pid)}: ${state}` };
    }
    case 'templateState': {
      const { group, reason } = payload as EngineEvents['templateState'];
      const line = reason === undefined ? undefined : `${group}: workers are spawned, not forked: ${reason}`;
      return { progress, line };
    }
    case 'configReloaded':
      return { progress, line: undefined };
  }
}

const SIGNS: Readonly<Record<Place['state'], string>> = { old: ' ', starting: '…', ready: '✓', failed: '✗' };

/** One line per worker, for a terminal. */
export function progressLines({ places }: Progress): readonly string[] {
  const width = Math.max(0, ...places.map(({ name }) => name.length));
  return places.map(({ name, before, after, state, note }) => {
    const pids = after === undefined ? pidText(before) : `${pidText(before)} → ${pidText(after)}`;
    const what = note === '' ? (state === 'old' ? 'waits' : 'starting') : note;
    return `${SIGNS[state]} ${name.padEnd(width)}  ${pids.padEnd(19)}  ${what}`;
  });
}

function withPlace(progress: Progress, name: string, change: Partial<Place>): Progress {
  const known = progress.places.some((place) => place.name === name);
  const fresh: Place = { name, before: undefined, after: undefined, state: 'old', note: '' };
  const places = known ? progress.places : [...progress.places, fresh];
  return { places: places.map((place) => (place.name === name ? { ...place, ...change } : place)) };
}

function pidText(pid: number | undefined): string {
  return pid === undefined ? '-' : String(pid);
}
