import { tmpdir } from 'node:os';
import { fromStart } from '../common/start-directory';
import type { LoadedConfig } from './load';
import type { Visibility } from './visibility';

/** Where a process writes its dumps, and what a dump contains. */
export interface DumpSettings {
  readonly dir: string;
  /** Write a heap snapshot, too. */
  readonly heap: boolean;
  /** False: a worker that gets SIGCONT just goes on; dumps are requested by message. */
  readonly bySignal: boolean;
  /** Which parts of the user's configuration are written. */
  readonly visible: Visibility;
}

export function dumpSettings({ engine, visible }: LoadedConfig): DumpSettings {
  return {
    dir: engine.sigdumpDir === undefined ? tmpdir() : fromStart(engine.sigdumpDir),
    heap: engine.sigdumpHeap,
    bySignal: !engine.disableSigdump,
    visible,
  };
}
