import { integer, memoryLimit, optionalDuration, optionalInteger } from './key-kinds';

/** Workers in reserve, and when a worker has had enough. */
export const RENEWAL_KEYS = {
  standbyWorkers: integer(
    { min: 0 },
    {
      default: 0,
      reloadable: true,
      doc: 'How many workers wait in reserve: they have loaded the program and take the place of a worker that dies, hangs or is replaced. The Worker object is made, and `run()` called, in the one that takes a place. Each costs the memory of a worker that is idle. `process` and `thread` workers only.',
    },
  ),
  workerMaxMemory: memoryLimit({
    reloadable: true,
    doc: 'A worker that uses more memory is replaced gracefully, its replacement first where workers share a socket, and at most `restartConcurrency` at once. A size such as `512MB`, or a share such as `20%` of the memory limit of the container (without one: of the memory of the machine), for each worker. Of a `thread` its JavaScript heap counts, of others the resident memory of the process, of a `spawn` worker that of its program alone. A standby that takes more is replaced as well. None: no limit. Not for `embedded`.',
  }),
  workerMaxAge: optionalDuration({
    reloadable: true,
    doc: 'A worker that has lived this long is replaced in the same way. Workers that were started together are replaced up to a tenth of that time earlier, by chance, so that they do not all reach it together. None: no limit. Not for `embedded`.',
  }),
  workerMaxJobs: optionalInteger(
    { min: 1 },
    {
      reloadable: true,
      doc: 'A worker that has counted so many jobs by `this.jobDone()` is replaced in the same way, up to a tenth of them earlier, by chance. None: no limit. `process` and `thread` workers only.',
    },
  ),
};
