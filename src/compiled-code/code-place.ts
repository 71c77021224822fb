import type { Stats } from 'node:fs';
import type { Script } from 'node:vm';

/** Tells a child where its compiled code is; removed from the environment as soon as it is read. */
export const CODE_ENV = 'SERVERENGINE_INTERNAL_CODE';

/** The build's name for the code that every role runs. */
export const CORE_FILE = 'serverengine-core.js';

/** The build's name for the code that all workers run beyond that. */
export const WORKER_FILE = 'serverengine-worker.js';

/** A file as Node wraps it. */
export type Wrapped = (...scope: readonly unknown[]) => void;

/** The code of both files, compiled by load-core.ts. */
export interface LoadedScript {
  readonly script: Script;
  readonly source: string;
  /** The parent had compiled it. */
  readonly isTaken: boolean;
  /** For load-worker.ts. */
  readonly worker: Wrapped;
}

/** Where load-core.ts leaves its script for others. Other copies of the package have their own files. */
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

/**
 * Identifies the content of a file: it changes if the file is replaced or written to. A modification time could be
 * forged.
 */
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
