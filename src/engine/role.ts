import { fstatSync } from 'node:fs';
import { takeCluster } from '../child/cluster-child';
import { installWorkerSignals } from '../child/early-signals';
import { ownChannel } from '../node-internals/own-channel';
import { ownKernelId } from '../common/proc-stat';
import { awaitContainer, deferContainer } from '../contract/container';
import { CHECK_ROLE, HEARTBEAT_FD, ROLE_ENV } from '../protocol/protocol';
import { catchEarlySignals } from './early-signals';
import { isTestRunner } from './test-runner';
import { THREAD_ENV, THREAD_ROLE, type ThreadRole } from '../protocol/thread-protocol';

/** The role of this process. `top`: no process above has set one. */
export type Role =
  | { readonly kind: 'top' }
  /** Only checks the configuration, and reports problems to the process that asked. */
  | { readonly kind: 'check' }
  | { readonly kind: GivenKind; readonly engineIndex: number }
  | { readonly kind: 'thread'; readonly engineIndex: number; readonly thread: ThreadRole };

/**
 * Read once, when the package is loaded, and removed from the environment: programs that a worker starts are not
 * workers.
 */
export const role: Role = takeRole(process.env) ?? threadRole() ?? { kind: 'top' };

// A worker that is forked from a template inherits what the template has.
const isWorker = role.kind === 'worker' || role.kind === 'template';
// Before anything slow: a signal in between would kill the worker or open its debugger.
if (isWorker) installWorkerSignals();
else if (role.kind === 'check') {
  // A signal may simply end it: nothing has begun.
} else if (role.kind === 'top' ? !isTestRunner() : role.kind !== 'thread')
  catchEarlySignals(role.kind !== 'top');
// Modules that are imported after ours must see a program of one process.
if (isWorker || role.kind === 'server') takeCluster();
if (role.kind !== 'top' && role.kind !== 'thread' && role.kind !== 'check') ownChannel();
if (role.kind !== 'top' && role.kind !== 'check') deferContainer();
else if (!isTestRunner()) awaitContainer();

/** A thread shares the environment of the server; its role is in the data that it was started with. */
function threadRole(): Role | undefined {
  if (process.env[THREAD_ENV] === undefined) return undefined;
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a thread that it starts is no worker
  delete process.env[THREAD_ENV];
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a role cannot wait
  const { workerData } = require('node:worker_threads') as { readonly workerData: unknown };
  const thread = (workerData as Readonly<Record<string, ThreadRole | undefined>> | null)?.[THREAD_ROLE];
  if (!thread) return undefined;
  Atomics.store(thread.kernelId, 0, ownKernelId() ?? 0);
  return { kind: 'thread', engineIndex: thread.engineIndex, thread };
}

type GivenKind = 'daemon' | 'successor' | 'server' | 'worker' | 'template';

function takeRole(env: NodeJS.ProcessEnv): Role | undefined {
  const given = env[ROLE_ENV];
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- assigning undefined would set the text 'undefined'
  delete env[ROLE_ENV];
  if (given === undefined) return undefined;
  if (given === CHECK_ROLE && typeof process.send === 'function') return { kind: 'check' };
  const match = /^(daemon|successor|server|worker|template):(\d+)$/.exec(given);
  const kind = match?.[1] as GivenKind | undefined;
  if (kind !== undefined && isGivenByParent(kind)) return { kind, engineIndex: Number(match?.[2]) };
  process.emitWarning(
    `the environment variable ${ROLE_ENV}=${given} was not set by the engine and is ignored. Unset it.`,
  );
  return undefined;
}

/**
 * A variable that was left in an environment (copied from a worker, exported by a script) gives a process no role: it
 * would wait for ever for a boot message on an unrelated descriptor. A process that the engine started has a channel to
 * it, even if the engine is gone already.
 */
function isGivenByParent(kind: GivenKind): boolean {
  if (typeof process.send !== 'function') return false;
  if (kind === 'daemon' || kind === 'successor' || process.platform === 'win32') return true;
  try {
    return fstatSync(HEARTBEAT_FD).isSocket();
  } catch {
    return false;
  }
}
