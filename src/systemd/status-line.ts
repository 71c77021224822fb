import type { EngineStatus, GroupStatus } from '../contract/status';

/** The engine in one line, as `systemctl status` shows it. */
export function statusLine(status: EngineStatus): string {
  const { state, groups, rollout, standby } = status;
  const parts: string[] = [state];
  if (groups.length > 0) parts.push(groups.map((group) => describeGroup(group, status)).join(', '));
  const spares = standby.filter((spare) => spare.state === 'standby').length;
  if (spares > 0) parts.push(`${spares} on standby`);
  if (rollout) parts.push(`restart of ${rollout.group}: ${rollout.replaced} replaced, ${rollout.left} left`);
  return parts.join('; ');
}

function describeGroup(group: GroupStatus, status: EngineStatus): string {
  const name = status.groups.length > 1 ? `${group.name} ` : '';
  const fallback = group.startInUse === group.start ? '' : ' (spawned, not forked)';
  return `${name}${ready(group, status)} of ${group.target} workers ready${fallback}`;
}

/** Whether the engine does its work. Only then is the watchdog fed. */
export function isHealthy(status: EngineStatus): boolean {
  const { state, groups } = status;
  if (state === 'draining' || state === 'stopping') return true;
  // If the server does not answer its supervisor, there are no groups.
  if (state !== 'running' || groups.length === 0) return false;
  return groups.every((group) => group.target === 0 || ready(group, status) > 0);
}

function ready(group: GroupStatus, { workers }: EngineStatus): number {
  return workers.filter((worker) => worker.group === group.name && worker.ready).length;
}
