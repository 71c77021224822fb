import { lstatSync, realpathSync, renameSync, rmSync } from 'node:fs';
import type { Rotation } from './rotation';

export interface NumberedRotationOptions {
  /** How many files are kept, including the current one. At least one old file. */
  readonly age: number;
  readonly sizeBytes: number;
  /** Called after each rotation with the possible names of the old files, newest first. */
  readonly onRotated: (generations: readonly string[]) => void;
}

/** By size: `app.log` is always the current file, `app.log.0` the one before it, then `app.log.1` … */
export class NumberedRotation implements Rotation {
  readonly path: string;
  readonly #options: NumberedRotationOptions;

  constructor(path: string, options: NumberedRotationOptions) {
    this.path = path;
    this.#options = options;
  }

  fileFor(batch: Buffer, size: number, isThere: () => boolean): string | undefined {
    const { sizeBytes, age, onRotated } = this.#options;
    if (size === 0 || size + batch.length <= sizeBytes) return undefined;
    // It was moved already, by another process of ours or by logrotate.
    if (!isThere()) return this.path;
    const generations = shiftGenerations(fileBehind(this.path), age);
    onRotated(generations);
    return this.path;
  }

  tend(): void {}

  close(): void {}
}

/**
 * If the path is a symbolic link, its target is moved, not the link. With such a link, root could be made to move any
 * file.
 */
function fileBehind(path: string): string {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (!there?.isSymbolicLink()) return path;
  if (process.geteuid?.() === 0 && there.uid !== 0) {
    throw new Error(`it is behind a symbolic link of user ${String(there.uid)}, which root does not follow`);
  }
  return realpathSync(path);
}

/** Makes room for a new file at `path`. @returns the possible names of old files. */
export function shiftGenerations(path: string, age: number): readonly string[] {
  const count = Math.max(1, age - 1);
  const generations = Array.from({ length: count }, (_, index) => `${path}.${String(index)}`);
  for (let index = count - 1; index > 0; index -= 1) {
    const [from, to] = [generations[index - 1], generations[index]];
    if (from !== undefined && to !== undefined) shift(from, to);
  }
  const [last] = generations;
  if (last !== undefined) shift(path, last);
  return generations;
}

/** An old file is plain or compressed: of the file that it replaces, neither form may stay. A gap stays a gap. */
function shift(from: string, to: string): void {
  const isPlain = moveIfThere(from, to);
  const isCompressed = moveIfThere(`${from}.gz`, `${to}.gz`);
  if (isPlain && !isCompressed) rmSync(`${to}.gz`, { force: true });
  if (isCompressed && !isPlain) rmSync(to, { force: true });
}

function moveIfThere(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return false;
  }
}
