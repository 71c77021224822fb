/** The name of a worker in the log: "worker 2", or "worker web/2" if there are several groups. */
export function workerName({
  group,
  workerId,
}: {
  readonly group?: string | undefined;
  readonly workerId: number;
}): string {
  return `worker ${group === undefined ? '' : `${group}/`}${String(workerId)}`;
}
