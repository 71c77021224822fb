import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { groupFolders } from '../../src/common/control-group';
import { eventually } from './eventually';
import { reapAfterEach } from './reaping';

let made = 0;

function removed(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

/** Whether this machine can limit the memory of programs: that takes root, and writable control groups. */
export const CAN_LIMIT_MEMORY = canLimitMemory();

/** The folder of a new control group with that limit. It is removed after the test, when the programs in it have ended. */
export function memoryGroup(limitBytes: number): string {
  const folder = makeGroup(limitBytes);
  // A killed process leaves its group a moment later.
  reapAfterEach(async () => {
    await eventually(() => removed(folder), `the control group ${folder} is empty`);
  });
  return folder;
}

function makeGroup(limitBytes: number): string {
  const { v1, v2 } = groupFolders('memory');
  const versions = [
    [v1[0], 'memory.limit_in_bytes'],
    [v2[0], 'memory.max'],
  ] as const;
  for (const [own, file] of versions) {
    if (own === undefined || !existsSync(`${own}/${file}`)) continue;
    made += 1;
    const folder = `${own}/serverengine-test-${process.pid}-${made}`;
    mkdirSync(folder);
    try {
      writeFileSync(`${folder}/${file}`, String(limitBytes));
      return folder;
    } catch (error) {
      rmdirSync(folder);
      throw error;
    }
  }
  throw new Error('no control group for memory');
}

function canLimitMemory(): boolean {
  try {
    rmdirSync(makeGroup(2 ** 30));
    return true;
  } catch {
    return false;
  }
}
