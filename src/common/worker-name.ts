/** What the log calls a worker: "worker 2", and "worker web/2" where there are several groups. */
export function workerName({
  group,
  workerId,
}: {
  readonly group?: string | undefined;
  readonly workerId: number;
}): string {
  return `worker ${group === undefined ? '' : `${group}/`}${String(workerId)}`;
}
