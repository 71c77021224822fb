import type inspector from 'node:inspector';
import { hasMethods, warnUnlessThere, type Internal } from './shape';

export const DEBUG_END: Internal = {
  name: 'process._debugEnd',
  kind: 'private',
  expected: 'a function that closes the debugger of this process',
  usedFor:
    'closes a debugger that a stray SIGUSR1 has opened, without loading node:inspector (2.6 ms and 2 MB)',
  without: 'A SIGUSR1 in the first moments of a process leaves a debugger open on 127.0.0.1:9229.',
};

export const MODULE_LOAD_LIST: Internal = {
  name: 'process.moduleLoadList',
  kind: 'private',
  expected: "a list that has 'NativeModule inspector' once that module is loaded",
  usedFor:
    'distinguishes a debugger that the program may have opened from one that a signal has opened; shows which modules the program has loaded',
  without:
    'A debugger that the program has opened may be closed as a stray one, and the utilization of a worker is measured by its CPU time.',
};

export const INSPECTOR_OPEN: Internal = {
  name: 'inspector.open',
  kind: 'patch',
  expected: 'the function by which a program opens its debugger',
  usedFor: 'leaves a debugger open that the program of a worker has opened itself',
  without: 'A debugger that the program has opened may be closed as a stray one.',
};

interface ProcessInternals {
  readonly moduleLoadList?: readonly string[];
  readonly _debugEnd?: () => void;
}

const internals = process as unknown as ProcessInternals;

export function endDebugger(): void {
  if (isThreadOfProgram()) return;
  if (warnUnlessThere(DEBUG_END, hasMethods(process, '_debugEnd'))) internals._debugEnd?.();
}

/** Only the main thread has the debugger of the process, and the function that closes it. Loads nothing in that thread. */
function isThreadOfProgram(): boolean {
  if (internals._debugEnd !== undefined) return false;
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
  return !(require('node:worker_threads') as { readonly isMainThread: boolean }).isMainThread;
}

/** For another process to run in this one's context, which may have no module system. */
export const END_DEBUGGER_CODE =
  "(process.getBuiltinModule?.('node:inspector').close ?? process._debugEnd)()";

export function isInspectorLoaded(): boolean | undefined {
  return isLoaded('inspector');
}

/** Whether any code in this process has loaded that module of Node. Undefined: this version of Node does not show it. */
export function isLoaded(
  module:
    | 'inspector'
    | 'perf_hooks'
    | '_http_server'
    | 'internal/modules/esm/loader'
    | 'internal/crypto/random',
): boolean | undefined {
  const { moduleLoadList } = internals;
  if (!warnUnlessThere(MODULE_LOAD_LIST, Array.isArray(moduleLoadList))) return undefined;
  return moduleLoadList?.includes(`NativeModule ${module}`);
}

/** Calls back when the program opens its debugger. The caller must synchronize the named exports after that. */
export function onInspectorOpen(module: typeof inspector, callback: () => void): void {
  const { open } = module;
  if (!warnUnlessThere(INSPECTOR_OPEN, hasMethods(module, 'open'))) return;
  module.open = (...args) => {
    callback();
    return open(...args);
  };
}
