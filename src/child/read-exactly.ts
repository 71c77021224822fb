import { readSync } from 'node:fs';
import { HEARTBEAT_FD } from '../protocol/protocol';

/**
 * Bytes of the boot message; undefined when the parent is gone.
 * Blocks: there is nothing to do for a process before it knows what it is.
 */
export function readExactly(bytes: number): Buffer | undefined {
  const buffer = Buffer.alloc(bytes);
  let filled = 0;
  while (filled < bytes) {
    const count = readSync(HEARTBEAT_FD, buffer, filled, bytes - filled, null);
    if (count === 0) return undefined;
    filled += count;
  }
  return buffer;
}
