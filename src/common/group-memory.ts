import { totalmem } from 'node:os';
import { groupFolders, readText, type ReadText } from './control-group';

/** The memory of the control group that limits ours, such as a container or a systemd service. */
export interface GroupMemory {
  /** Above this, the kernel kills a process of the group. */
  readonly limitBytes: number;
  /** Without cached files, which the kernel can drop at once. Undefined: unknown. */
  readonly usedBytes: number | undefined;
}

interface Version {
  readonly folders: readonly string[];
  readonly limit: string;
  readonly used: string;
  readonly cached: RegExp;
}

/**
 * Undefined: no limit is set, or none below the memory of the machine. Of nested groups the one with the smallest limit
 * counts.
 */
export function groupMemory(read: ReadText = readText, present = totalmem()): GroupMemory | undefined {
  const { v1, v2 } = groupFolders('memory', read);
  const versions: readonly Version[] = [
    { folders: v2, limit: 'memory.max', used: 'memory.current', cached: /^inactive_file (\d+)$/m },
    {
      folders: v1,
      limit: 'memory.limit_in_bytes',
      used: 'memory.usage_in_bytes',
      cached: /^total_inactive_file (\d+)$/m,
    },
  ];
  const limited = versions.flatMap((version) =>
    version.folders.flatMap((folder) => {
      const limitBytes = bytesIn(read(`${folder}/${version.limit}`));
      // Version 1 expresses "no limit" as a number that no machine has.
      return limitBytes !== undefined && limitBytes < present ? [{ version, folder, limitBytes }] : [];
    }),
  );
  const [first, ...others] = limited;
  if (!first) return undefined;
  const { version, folder, limitBytes } = others.reduce(
    (least, one) => (one.limitBytes < least.limitBytes ? one : least),
    first,
  );
  return { limitBytes, usedBytes: usedIn(folder, version, read) };
}

/** Only the limit, in bytes. Undefined: there is none below the memory of the machine. */
export function memoryLimitBytes(read: ReadText = readText, present = totalmem()): number | undefined {
  return groupMemory(read, present)?.limitBytes;
}

function usedIn(folder: string, { used, cached }: Version, read: ReadText): number | undefined {
  const usedBytes = bytesIn(read(`${folder}/${used}`));
  if (usedBytes === undefined) return undefined;
  const cachedBytes = bytesIn(cached.exec(read(`${folder}/memory.stat`) ?? '')?.[1]) ?? 0;
  return Math.max(0, usedBytes - cachedBytes);
}

/** Undefined for 'max', and for anything that is not a number. */
function bytesIn(text: string | undefined): number | undefined {
  const digits = text?.trim() ?? '';
  return /^\d+$/.test(digits) ? Number(digits) : undefined;
}
