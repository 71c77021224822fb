import type { Stats } from 'node:fs';
import type { Script } from 'node:vm';

/** Tells a child where its compiled code is; removed from the environment as soon as it is read. */
export const CODE_ENV = 'SERVERENGINE_INTERNAL_CODE';

/** What the build calls the code that every role runs. */
export const CORE_FILE = 'serverengine-core.js';

/** That code, compiled by load-core.ts. */
export interface LoadedScript {
  readonly script: Script;
  readonly source: string;
  /** The parent had compiled it. */
  readonly isTaken: boolean;
}

/** Where load-core.ts leaves its script for shared-code.ts. Other copies of the package have files of their own. */
export function scriptKey(file: string): symbol {
  return Symbol.for(`serverengine.script ${file}`);
}

/** Compiled code in an open file, and the source that it was compiled from. */
export interface CodePlace {
  /** The descriptor in the child. */
  readonly fd: number;
  readonly code: string;
  readonly source: string;
}

/** Of the content of a file: it differs once the file is another one or was written to. A modification time can be set. */
export function contentId({
  dev,
  ino,
  size,
  ctimeMs,
}: Pick<Stats, 'dev' | 'ino' | 'size' | 'ctimeMs'>): string {
  return [dev, ino, size, ctimeMs].join('-');
}

export function encodeCodePlace({ fd, code, source }: CodePlace): string {
  return `${fd} ${code} ${source}`;
}

/** Undefined: the text is not one of ours. */
export function decodeCodePlace(text: string): CodePlace | undefined {
  const [, fd, code, source] = /^(\d{1,9}) (\S+) (\S+)$/.exec(text) ?? [];
  return fd === undefined || code === undefined || source === undefined
    ? undefined
    : { fd: Number(fd), code, source };
}
