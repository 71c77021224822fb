import { tmpdir } from 'node:os';
import { fromStart } from '../common/start-directory';
import type { EngineConfig } from './engine-config';

/** Where a process writes its dumps, and what belongs to one. */
export interface DumpSettings {
  readonly dir: string;
  /** A heap snapshot too. */
  readonly heap: boolean;
  /** False: a worker that gets SIGCONT just goes on; dumps are asked for by message. */
  readonly bySignal: boolean;
}

export function dumpSettings(engine: EngineConfig): DumpSettings {
  return {
    dir: engine.sigdumpDir === undefined ? tmpdir() : fromStart(engine.sigdumpDir),
    heap: engine.sigdumpHeap,
    bySignal: !engine.disableSigdump,
  };
}
