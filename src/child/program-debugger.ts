import type inspector from 'node:inspector';
import { isInspectorLoaded, onInspectorOpen } from '../node-internals/debugger';
import { refreshImportedNames } from '../node-internals/imported-names';
import type { DebuggerAnswer } from '../protocol/protocol';

/**
 * Tells a debugger that the program has opened itself, by node:inspector, from one that was opened by a signal. That
 * module is not for every worker to load: as long as nobody has, the program has opened nothing.
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

/** Closes the debugger at that address, no matter who has opened it. */
export function closeDebugger(url: string): void {
  const { url: current, close } = load();
  if (current() === url) close();
}

function load(): typeof inspector {
  if (loaded) return loaded;
  // Who has loaded it may have opened one before we could see it: better left open than closed under somebody's hands.
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
