import type module from 'node:module';
import { isLoaded } from './debugger';

/**
 * A member of a module of Node was replaced: ES modules that have imported it by its name get the new one. Where no ES
 * module was loaded yet, nobody has, and node:module with all that it loads is not for every worker to load (1 to 2 ms).
 */
export function refreshImportedNames(): void {
  if (isLoaded('internal/modules/esm/loader') === false) return;
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- what is imported next must find the new one
  (require('node:module') as typeof module).syncBuiltinESMExports();
}
