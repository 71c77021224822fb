import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CliError, EXIT } from './exit-codes';

const TYPESCRIPT: ReadonlySet<string> = new Set(['.ts', '.mts', '.cts', '.tsx']);

/** The arguments with which node runs a program, even one in TypeScript. @throws CliError */
export function nodeArguments(file: string, args: readonly string[] = []): readonly string[] {
  const path = resolve(file);
  if (!existsSync(path))
    throw new CliError(EXIT.usage, `there is no file ${file}. Give the path of the program.`);
  return [...loaderFor(path), path, ...args];
}

function loaderFor(path: string): readonly string[] {
  if (!TYPESCRIPT.has(extname(path))) return [];
  const tsx = resolved('tsx', path);
  if (tsx !== undefined) return ['--import', pathToFileURL(tsx).href];
  // Node strips the types by itself, but leaves the decorators in, and then fails at them.
  if ('typescript' in process.features && process.features.typescript !== false) return [];
  throw new CliError(
    EXIT.usage,
    `Node ${process.versions.node} does not run TypeScript. Install tsx as well (npm install --save-dev tsx), or give the compiled file.`,
  );
}

function resolved(name: string, from: string): string | undefined {
  try {
    return createRequire(from).resolve(name);
  } catch {
    return undefined;
  }
}
