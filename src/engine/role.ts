import { takeCluster } from '../child/cluster-child';
import { installWorkerSignals } from '../child/early-signals';
import { ownChannel } from '../common/own-channel';
import { deferContainer } from '../contract/container';
import { ROLE_ENV } from '../process/protocol';
import { catchEarlySignals } from './early-signals';
import { isTestRunner } from './test-runner';
import { THREAD_ENV, THREAD_ROLE, type ThreadRole } from '../process/thread-protocol';

/** What this process is to play. `top`: nobody above gave it a role. */
export type Role =
  | { readonly kind: 'top' }
  | { readonly kind: 'daemon' | 'successor' | 'server' | 'worker'; readonly engineIndex: number }
  | { readonly kind: 'thread'; readonly engineIndex: number; readonly thread: ThreadRole };

/** Read once, when the package is loaded, and removed: programs that a worker starts are no workers. */
export const role: Role = takeRole(process.env) ?? threadRole() ?? { kind: 'top' };

// Before anything slow: a signal in between would kill the worker or open its debugger.
if (role.kind === 'worker') installWorkerSignals();
else if (role.kind === 'top' ? !isTestRunner() : role.kind !== 'thread')
  catchEarlySignals(role.kind !== 'top');
// What is imported after us is to see a program of one process.
if (role.kind === 'worker' || role.kind === 'server') takeCluster();
if (role.kind !== 'top' && role.kind !== 'thread') ownChannel();
if (role.kind !== 'top') deferContainer();

/** A thread has the environment of the server; its role comes with what it was started with. */
function threadRole(): Role | undefined {
  if (process.env[THREAD_ENV] === undefined) return undefined;
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a thread that it starts is no worker
  delete process.env[THREAD_ENV];
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a role cannot wait
  const { workerData } = require('node:worker_threads') as { readonly workerData: unknown };
  const thread = (workerData as Readonly<Record<string, ThreadRole | undefined>> | null)?.[THREAD_ROLE];
  return thread && { kind: 'thread', engineIndex: thread.engineIndex, thread };
}

function takeRole(env: NodeJS.ProcessEnv): Role | undefined {
  const given = env[ROLE_ENV];
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- assigning undefined would set the text 'undefined'
  delete env[ROLE_ENV];
  const match = /^(daemon|successor|server|worker):(\d+)$/.exec(given ?? '');
  if (!match) return undefined;
  return { kind: match[1] as 'daemon' | 'successor' | 'server' | 'worker', engineIndex: Number(match[2]) };
}
