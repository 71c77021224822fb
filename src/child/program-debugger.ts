import type inspector from 'node:inspector';
import { isInspectorLoaded, onInspectorOpen } from '../node-internals/debugger';
import { refreshImportedNames } from '../node-internals/imported-names';
import type { DebuggerAnswer } from '../protocol/protocol';

/**
 * Distinguishes a debugger that the program opened through node:inspector from one that a signal opened. Workers do not
 * load that module without need: as long as nothing has loaded it, the program has opened no debugger.
 */
let isProgramsOwn = false;
let loaded: typeof inspector | undefined;

/** Closes the debugger at that address if a signal from outside has opened it. */
export function closeIfStray(url: string): DebuggerAnswer['whose'] {
  const { url: current, close } = load();
  if (current() !== url) return 'other';
  if (isProgramsOwn) return 'program';
  close();
  return 'stray';
}

/** Closes the debugger at that address, whatever has opened it. */
export function closeDebugger(url: string): void {
  const { url: current, close } = load();
  if (current() === url) close();
}

function load(): typeof inspector {
  if (loaded) return loaded;
  // Code that loaded the module may have opened a debugger before we could see it: better to leave it open than to
  // close one in use.
  isProgramsOwn = isInspectorLoaded() ?? true;
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- not to be waited for: the answer may decide
  const module = require('node:inspector') as typeof inspector;
  loaded = module;
  onInspectorOpen(module, () => {
    isProgramsOwn = true;
  });
  refreshImportedNames();
  return module;
}
