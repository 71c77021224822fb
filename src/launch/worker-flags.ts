import { inspectArgsWithOwnPort } from '../common/inspect-options';
import type { EngineConfig } from '../config/engine-config';
import { nodeFlags, type NodeFlag } from '../config/node-flags';

type WithFlags = Pick<EngineConfig, 'workerExecArgv' | 'watch'>;

const SOURCE_MAPS = '--enable-source-maps';

/** The node flags of a worker process, in addition to those of this process. */
export function workerFlags({ workerExecArgv = [], watch }: WithFlags): readonly string[] {
  // Somebody who edits the source wants stack traces of the source.
  const maps = watch && !workerExecArgv.includes(SOURCE_MAPS) ? [SOURCE_MAPS] : [];
  return [...maps, ...inspectArgsWithOwnPort(workerExecArgv)];
}

/** The arguments of a worker process. Of two equal flags the later one counts, which is the worker's own. */
export function withWorkerFlags(
  args: readonly string[],
  script: string,
  flags: readonly string[],
): readonly string[] {
  if (flags.length === 0) return args;
  const at = args.indexOf(script);
  return [...args.slice(0, at), ...flags, ...args.slice(at)];
}

/** What a thread loads before its program. Undefined: nothing. */
export function threadPreloads({ workerExecArgv }: WithFlags): readonly NodeFlag[] | undefined {
  return workerExecArgv && workerExecArgv.length > 0 ? nodeFlags(workerExecArgv) : undefined;
}
