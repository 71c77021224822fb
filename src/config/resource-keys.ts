import { optionalSize } from './key-kinds';

/** What a worker may take of the machine. */
export const WORKER_RESOURCE_KEYS = {
  workerHeapLimit: optionalSize(
    { least: '16MB' },
    {
      reloadable: true,
      doc: 'How large the JavaScript heap of a `process` or `thread` worker may grow; a worker that needs more ends with the reason `oom` and is started again. Whole MB. It wins over `--max-old-space-size` of the command line and of `NODE_OPTIONS`. Buffers lie outside of the heap and do not count. A reload holds for workers that start after it. None: the limit of Node, which depends on the memory of the machine or of the container.',
    },
  ),
};
