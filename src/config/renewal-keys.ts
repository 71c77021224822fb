import { integer, optionalDuration, optionalInteger } from './key-kinds';
import { memoryLimit } from './system-key-kinds';

/** Workers in reserve, and the limits at which a worker is recycled. */
export const RENEWAL_KEYS = {
  standbyWorkers: integer(
    { min: 0 },
    {
      default: 0,
      reloadable: true,
      doc: 'How many workers wait in reserve. A standby has loaded the program, and takes the place of a worker that dies, hangs or is replaced. Only then does it create the Worker object and call `run()`. Each standby costs the memory of an idle worker. `process` and `thread` workers only.',
    },
  ),
  workerMaxMemory: memoryLimit({
    reloadable: true,
    doc: 'A worker that uses more memory than this is replaced gracefully, at most `restartConcurrency` workers at the same time. If workers share a socket, the replacement is ready before the old worker stops. The value is a size such as `512MB`, or a share such as `20%` of the memory limit of the container (of the memory of the machine if there is no such limit), and applies to each worker. It counts the JavaScript heap of a `thread`, the resident memory of a process, and for a `spawn` worker only that of its program. A standby that takes more is replaced as well. Without this key there is no limit. Not for `embedded`.',
  }),
  workerMaxAge: optionalDuration({
    reloadable: true,
    doc: 'A worker that has lived this long is replaced in the same way as for `workerMaxMemory`. Each worker is replaced earlier by a random part of this time, up to a tenth, so that workers that started together are not replaced together. Without this key there is no limit. Not for `embedded`.',
  }),
  workerMaxJobs: optionalInteger(
    { min: 1 },
    {
      reloadable: true,
      doc: 'A worker that has counted this many jobs with `this.jobDone()` is replaced in the same way as for `workerMaxMemory`, a random part of up to a tenth earlier. Without this key there is no limit. `process` and `thread` workers only.',
    },
  ),
};
