import { readSync } from 'node:fs';
import { HEARTBEAT_FD } from '../protocol/protocol';

/**
 * Reads bytes of the boot message; undefined if the parent is gone. Blocks: a process has nothing to do before it knows
 * its role.
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
