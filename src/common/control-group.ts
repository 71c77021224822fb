import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** The text of a file; undefined if it cannot be read. */
export type ReadText = (file: string) => string | undefined;

export const readText: ReadText = (file) => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
};

const ROOT = '/sys/fs/cgroup';

/** The folders of one controller, from our own control group up to the outermost one that is visible. */
export interface GroupFolders {
  readonly v1: readonly string[];
  readonly v2: readonly string[];
}

/**
 * Where the kernel keeps the limits of our control group. A container may see its path as the host does: such folders
 * do not exist here, and the outermost folder is the container's own.
 */
export function groupFolders(controller: 'cpu' | 'memory', read: ReadText = readText): GroupFolders {
  const groups = read('/proc/self/cgroup') ?? '';
  const unified = /^0::(\/.*)$/m.exec(groups)?.[1];
  const own = new RegExp(`^\\d+:(?:[^:]*,)?${controller}(?:,[^:]*)?:(/.*)$`, 'm').exec(groups)?.[1];
  return {
    v1: own === undefined ? [] : upwards(`${ROOT}/${controller}`, own),
    v2: unified === undefined ? [] : upwards(ROOT, unified),
  };
}

function upwards(root: string, path: string): readonly string[] {
  const names = path.split('/').filter((name) => name !== '');
  return [...names.keys(), names.length].reverse().map((depth) => [root, ...names.slice(0, depth)].join('/'));
}

/**
 * How many CPUs this process may keep busy: those that it may run on, or fewer if the quota of a control group allows
 * fewer. The smallest quota on the path counts. A quota of 1.5 CPUs counts as 1: the kernel would stop two busy event
 * loops for a quarter of the time. At least 1.
 */
export function usableProcessors(read: ReadText = readText, present = availableParallelism()): number {
  const { v1, v2 } = groupFolders('cpu', read);
  const quotas = [
    ...v1.map((folder) => [read(`${folder}/cpu.cfs_quota_us`), read(`${folder}/cpu.cfs_period_us`)]),
    ...v2.map((folder) => read(`${folder}/cpu.max`)?.trim().split(' ') ?? []),
  ].map(([quota, period]) => Number(quota) / Number(period));
  // No limit reads as -1 or 'max'.
  return Math.max(1, Math.floor(Math.min(present, ...quotas.filter((limit) => limit > 0))));
}
