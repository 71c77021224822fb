import { tmpdir } from 'node:os';
import { fromStart } from '../common/start-directory';
import type { LoadedConfig } from './load';
import type { Visibility } from './visibility';

/** Where a process writes its dumps, and what belongs to one. */
export interface DumpSettings {
  readonly dir: string;
  /** A heap snapshot too. */
  readonly heap: boolean;
  /** False: a worker that gets SIGCONT just goes on; dumps are asked for by message. */
  readonly bySignal: boolean;
  /** What of the user's configuration is written. */
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
