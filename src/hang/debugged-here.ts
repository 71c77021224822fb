import { isConnectedTo } from './attached-debugger';

/** Whether a debugger is attached to this process: it may hold up any of its threads. */
export function isDebuggedHere(): boolean {
  // Only who has a silent thread needs it, and it takes 2 MB.
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- not to be waited for: the answer decides
  const { url } = require('node:inspector') as typeof import('node:inspector');
  const address = url();
  return address !== undefined && (isConnectedTo(Number(new URL(address).port)) ?? true);
}
