import { optionalSize } from './key-kinds';
import { autoscale, nodeFlagList } from './system-key-kinds';

/** What a worker may take of the machine. */
export const WORKER_RESOURCE_KEYS = {
  autoscale: autoscale({
    reloadable: true,
    doc: 'Lets the number of `process` or `thread` workers follow their load, from `min` to `max`. The server adds workers while their event loops are busy for more than `target` of the time (0.7 is 70 %), and removes some when fewer would have been enough for a minute. It starts no more than fit into memory. `workers` is then the number at the start, by default `min`; a command to scale is refused. Without this key the number does not change.',
  }),
  workerHeapLimit: optionalSize(
    { least: '16MB' },
    {
      reloadable: true,
      doc: "How large the JavaScript heap of a `process` or `thread` worker may grow, in whole MB. A worker that comes near the limit is replaced gracefully with the reason `max_memory`. A worker that exceeds it before that ends with the reason `oom` and is started again. The key wins over `--max-old-space-size` on the command line and in `NODE_OPTIONS`. Buffers are outside the heap and do not count. A reload applies to workers that start after it. Without this key Node's limit applies, which depends on the memory of the machine or of the container.",
    },
  ),
  workerExecArgv: nodeFlagList({
    reloadable: true,
    doc: "Flags of node for `process` workers, after those with which the program was started: `['--import', './telemetry.mjs']`. A path is seen from the folder of the start, as node sees it. In the environment variable they are separated by blanks. A `thread` worker shares the flags of its process, and takes `--import` and `--require` alone. The heap of a worker has a key of its own, `workerHeapLimit`, which wins. A debugger (`--inspect`, `--inspect-brk`) gets a port of its own in each worker. A reload holds for workers that start after it. None: no flags of their own.",
  }),
};
