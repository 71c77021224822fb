import { existsSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError } from '../common/errors';
import { inspectArgsForChild } from '../common/inspect-options';
import { asTyped } from '../common/start-directory';
import type { ChildEntry } from '../launch/process-launcher';
import { isUnderJest } from './test-runner';

// Found when the package is loaded: even if the script is removed later, it is the one that was started.
const STARTED = scriptThatWasStarted();

/**
 * How to run the user's script again as a worker: with the same Node, loaders and arguments.
 * @param script the `entry` option of create(). Default: the script that was started.
 * @throws ConfigError when there is no such script.
 */
export function findEntry(script: string | undefined, engineIndex: number): ChildEntry {
  const path = script ?? STARTED;
  if (path === undefined || !existsSync(path)) {
    throw new ConfigError(
      'ERR_NO_ENTRY',
      `There is no script that a worker process could run, got ${path ?? 'none'}. ` +
        `Give its path as the option entry: ServerEngine.create(S, W, config, { entry: __filename }).`,
    );
  }
  const scriptArgs = process.argv.slice(2);
  const args = [...inspectArgsForChild(process.execArgv), path, ...scriptArgs];
  // Another script counts its engines from the start, whatever was created here: its first engine is meant.
  const isOther = path !== STARTED && !isSameFile(path, STARTED);
  return {
    command: process.execPath,
    args,
    script: path,
    scriptArgs,
    engineIndex: isOther ? 0 : engineIndex,
  };
}

function scriptThatWasStarted(): string | undefined {
  if (isUnderJest()) return undefined;
  const script = process.argv[1];
  if (script === undefined || script === '-') return undefined;
  const path = resolve(script);
  const found = [path, `${path}.js`, `${path}.mjs`, `${path}.cjs`, resolve(path, 'index.js')].find((file) =>
    existsSync(file),
  );
  return asTyped(found ?? path);
}

function isSameFile(path: string, other: string | undefined): boolean {
  return other !== undefined && existsSync(other) && realpathSync(path) === realpathSync(other);
}
