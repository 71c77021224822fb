import type cluster from 'node:cluster';

/**
 * Node's own module for a process that was started as a cluster's worker: it is loaded there before any code of ours.
 * At the top of the tree it would be loaded for nothing.
 */
export function clusterChild(): typeof cluster {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- who asks cannot wait
  return require('node:cluster') as typeof cluster;
}

export function outliveParent(): void {
  const { worker } = clusterChild();
  if (!worker) return;
  // Node's own cluster child ends at once with status 0 when its parent is gone; ours finishes its work first.
  worker.exitedAfterDisconnect = true;
  // It tells the parent of each server that is closed: one that died a moment ago is no error of ours.
  worker.on('error', () => {});
}
