import { autoscale, optionalSize } from './key-kinds';

/** What a worker may take of the machine. */
export const WORKER_RESOURCE_KEYS = {
  autoscale: autoscale({
    reloadable: true,
    doc: 'Lets the number of `process` or `thread` workers follow their load, from `min` to `max`. Workers are added while their event loops are busy for more than `target` of the time (0.7 is 70 %), and taken away when fewer would do for a minute. Never more than memory allows. `workers` is then the number at the start, `min` unless it is given; a command to scale is refused. None: the number stays.',
  }),
  workerHeapLimit: optionalSize(
    { least: '16MB' },
    {
      reloadable: true,
      doc: 'How large the JavaScript heap of a `process` or `thread` worker may grow; a worker that comes near it is replaced gracefully with the reason `max_memory`, and one that needs more before that ends with the reason `oom` and is started again. Whole MB. It wins over `--max-old-space-size` of the command line and of `NODE_OPTIONS`. Buffers lie outside of the heap and do not count. A reload holds for workers that start after it. None: the limit of Node, which depends on the memory of the machine or of the container.',
    },
  ),
};
