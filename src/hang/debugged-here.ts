import { isConnectedTo } from './attached-debugger';

/** Whether a debugger is attached to this process, and may hold up any of its threads. */
export function isDebuggedHere(): boolean {
  // Only needed when a thread is silent, and it takes 2 MB.
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the caller needs the answer in the same turn
  const { url } = require('node:inspector') as typeof import('node:inspector');
  const address = url();
  return address !== undefined && (isConnectedTo(Number(new URL(address).port)) ?? true);
}
