import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getHeapSpaceStatistics, getHeapStatistics, type HeapInfo, type HeapSpaceInfo } from 'node:v8';
import { isMainThread } from 'node:worker_threads';
import { describeOpenThings, type OpenThings } from './open-things';

/** What a process can report about itself without waiting. It contains neither the environment nor the arguments. */
export interface ProcessFacts {
  readonly pid: number;
  readonly ppid: number;
  readonly isMainThread: boolean;
  readonly uptimeS: number;
  readonly script: string | undefined;
  readonly versions: Readonly<Record<string, string | undefined>>;
  /** Active resources of the event loop by type. */
  readonly resources: Readonly<Record<string, number>>;
  readonly open: OpenThings;
  /** Undefined: the system does not provide it, or no descriptor was free to look. */
  readonly descriptors: number | undefined;
  /** Undefined for the same reasons: Node reads the resident set from /proc. */
  readonly memory: NodeJS.MemoryUsage | undefined;
  readonly heap: HeapInfo;
  readonly heapSpaces: readonly HeapSpaceInfo[];
  readonly usage: NodeJS.ResourceUsage;
}

const VERSIONS = ['node', 'v8', 'uv', 'openssl'] as const;

export function processFacts(): ProcessFacts {
  return {
    pid: process.pid,
    ppid: process.ppid,
    isMainThread,
    uptimeS: process.uptime(),
    script: process.argv[1],
    versions: {
      serverengine: ownVersion(),
      ...Object.fromEntries(VERSIONS.map((name) => [name, process.versions[name]])),
      system: `${process.platform} ${process.arch}`,
    },
    resources: countByName(process.getActiveResourcesInfo()),
    open: describeOpenThings(),
    descriptors: countDescriptors(),
    memory: memoryUsage(),
    heap: getHeapStatistics(),
    heapSpaces: getHeapSpaceStatistics(),
    usage: process.resourceUsage(),
  };
}

function countByName(names: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries(counts);
}

function memoryUsage(): NodeJS.MemoryUsage | undefined {
  try {
    return process.memoryUsage();
  } catch {
    return undefined;
  }
}

function countDescriptors(): number | undefined {
  try {
    // One of them is the one used for looking.
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return undefined;
  }
}

/** From the package's own manifest: it lies above the sources, and above the bundled files of the package. */
function ownVersion(): string | undefined {
  for (const up of ['..', '../..']) {
    try {
      const manifest: unknown = JSON.parse(readFileSync(join(__dirname, up, 'package.json'), 'utf8'));
      const { name, version } = manifest as { name?: string; version?: string };
      if (name === 'serverengine') return version;
    } catch {
      // Not there: one folder further up, or this is part of the user's own bundle.
    }
  }
  return undefined;
}
