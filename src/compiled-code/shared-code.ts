import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openUnnamedFile } from '../common/unnamed-file';
import { contentId, CORE_FILE, encodeCodePlace, scriptKey, type LoadedScript } from './code-place';

/** Compiled code for children of this process. */
export interface SharedCode {
  /** Read-only: a child must not be able to give its siblings other code. */
  readonly fd: number;
  /** What a child that has it as this descriptor must know. */
  readonly placeAt: (fd: number) => string;
}

let shared: SharedCode | undefined | 'none';

/** The same for all children of this process: the file is written before the first of them. */
export function sharedCode(): SharedCode | undefined {
  shared ??= shareCode() ?? 'none';
  return shared === 'none' ? undefined : shared;
}

/**
 * Writes what V8 has compiled in this process into a file without a name: about 2 ms. Undefined: the children compile
 * for themselves, as when the package is bundled, or no such file can be opened or filled.
 */
export function shareCode(): SharedCode | undefined {
  const loaded = ownScript();
  // On other systems the descriptor cannot be reopened read-only.
  if (!loaded || process.platform !== 'linux') return undefined;
  const file = openUnnamedFile();
  if (!file) return undefined;
  try {
    return share(file.fd, loaded);
  } catch {
    return undefined;
  } finally {
    closeSync(file.fd);
  }
}

function share(written: number, { script, source }: LoadedScript): SharedCode {
  const data = script.createCachedData();
  for (let done = 0; done < data.length;) done += writeSync(written, data, done);
  const fd = openSync(`/proc/self/fd/${written}`, constants.O_RDONLY);
  const code = contentId(fstatSync(fd));
  return { fd, placeAt: (theirs) => encodeCodePlace({ fd: theirs, code, source }) };
}

/** Undefined: Node has loaded the package itself. */
function ownScript(): LoadedScript | undefined {
  // A bundle that is an ES module has no such name.
  if (typeof __dirname === 'undefined') return undefined;
  return Reflect.get(globalThis, scriptKey(join(__dirname, CORE_FILE))) as LoadedScript | undefined;
}
