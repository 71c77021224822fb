import { isAbsolute, relative } from 'node:path';
import type { StackFrame } from './source-mapped-frames';

/** `at fib (src/app.ts:12:3)`, the usual form of a stack line. Files below `directory` are relative to it. */
export function frameLines(frames: readonly StackFrame[], directory: string): readonly string[] {
  return frames.map((frame) => `at ${frameText(frame, directory)}`);
}

/** Where to look first: the innermost frame that is not Node's own. */
export function culpritText(frames: readonly StackFrame[], directory: string): string | undefined {
  const frame = frames.find(({ file }) => file !== '' && !file.startsWith('node:')) ?? frames[0];
  return frame && frameText(frame, directory);
}

function frameText({ functionName, file, line, column }: StackFrame, directory: string): string {
  const place = `${shortPath(file, directory)}:${line}:${column}`;
  return functionName === '' ? place : `${functionName} (${place})`;
}

function shortPath(file: string, directory: string): string {
  if (file === '') return '<anonymous>';
  if (!isAbsolute(file)) return file;
  const short = relative(directory, file);
  return short === '' || short.startsWith('..') ? file : short;
}
