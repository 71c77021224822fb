import type module from 'node:module';
import { isLoaded } from './debugger';

/**
 * A member of a Node module was replaced: ES modules that have imported it by name get the new one. If no ES module was
 * loaded yet, none has imported it, and node:module, which takes 1 to 2 ms, is not loaded for that.
 */
export function refreshImportedNames(): void {
  if (isLoaded('internal/modules/esm/loader') === false) return;
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- what is imported next must find the new one
  (require('node:module') as typeof module).syncBuiltinESMExports();
}
