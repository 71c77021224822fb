import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { ConfigError } from '../common/errors';
import type { ThreadLoading, ThreadStart } from '../protocol/thread-protocol';

// Where ts-node keeps the options with which it was registered.
const TS_NODE = Symbol.for('ts-node.register.instance');

type Loaded = ReturnType<ThreadStart['withPreloads']>;

const TYPESCRIPT = /\.[cm]?tsx?$/;

/**
 * How a thread gets to run the script. Node does it by itself, including loaders, with two exceptions: the command
 * ts-node registers itself only in the main thread, and before Node 22 the loaders of the main thread do not apply to
 * the first script of a thread.
 */
export function threadStart(entry: string): ThreadStart {
  const script = resolve(entry);
  const tsNode = tsNodeOf(script);
  const isOld = Number(process.versions.node.split('.')[0]) < 22;
  const withPreloads = (): Loaded => ({ file: loaderFile(), loading: { script, tsNode } });
  const isByItself = !TYPESCRIPT.test(script) || (!tsNode && !isOld);
  return { ...(isByItself ? { file: script } : withPreloads()), withPreloads };
}

/** @throws ConfigError in a bundle, which does not have that file. */
function loaderFile(): string {
  // Not require.resolve(): bundlers warn about it.
  const file = typeof __dirname === 'undefined' ? '' : join(__dirname, '..', 'child', 'thread-script.js');
  if (existsSync(file)) return file;
  throw new ConfigError(
    'ERR_CONFIG_INVALID',
    'workerExecArgv, watch: threads of a program that is one bundle cannot load anything first. Use process workers, or leave ' +
      'serverengine out of the bundle (external).',
  );
}

function tsNodeOf(script: string): ThreadLoading['tsNode'] {
  const instance = (process as unknown as Record<symbol, { options?: object } | undefined>)[TS_NODE];
  // With -r ts-node/register every thread registers it anyway; registering it twice does no harm.
  if (!instance) return undefined;
  try {
    const path = createRequire(script).resolve('ts-node');
    // Functions in the options (from its own command) cannot be sent.
    return { path, options: JSON.parse(JSON.stringify(instance.options ?? {})) as object };
  } catch {
    return undefined;
  }
}
