import { optionalSize } from './key-kinds';
import { autoscale, nodeFlagList } from './system-key-kinds';

/** The limits for a worker's use of the machine. */
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
    doc: "Node flags for `process` workers, added to those with which the program was started: `['--import', './telemetry.mjs']`. Paths are relative to the folder in which the engine was started. In the environment variable, separate flags with spaces. A `thread` worker shares the flags of its process, and takes only `--import` and `--require`. For the heap size use `workerHeapLimit`, which wins. With a debugger (`--inspect`, `--inspect-brk`) each worker gets its own port. A reload applies to workers that start after it. Without this key workers have no additional flags.",
  }),
};
