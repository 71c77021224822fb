import { installWorkerSignals } from '../child/early-signals';
import { ROLE_ENV } from '../process/protocol';

/** What this process is to play. `top`: nobody above gave it a role. */
export type Role = { readonly kind: 'top' } | { readonly kind: 'worker'; readonly engineIndex: number };

/** Read once, when the package is loaded, and removed: programs that a worker starts are no workers. */
export const role: Role = takeRole(process.env);

// Before anything slow: a signal in between would kill the worker or open its debugger.
if (role.kind === 'worker') installWorkerSignals();

function takeRole(env: NodeJS.ProcessEnv): Role {
  const given = env[ROLE_ENV];
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- assigning undefined would set the text 'undefined'
  delete env[ROLE_ENV];
  const match = /^worker:(\d+)$/.exec(given ?? '');
  return match ? { kind: 'worker', engineIndex: Number(match[1]) } : { kind: 'top' };
}
