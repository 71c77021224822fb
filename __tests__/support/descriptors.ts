import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What a descriptor of another process leads to. */
export interface Descriptor {
  /** 'socket', 'pipe', 'anon_inode:[eventfd]', '/dev/null'… */
  readonly kind: string;
  /** The same in two processes: they share it. Undefined: the system does not tell. */
  readonly id: string | undefined;
}

const CLOSED_AT_EXEC = 0o2000000;

/** Those that a process has opened by itself or was given by the engine: no program that it starts would get them. */
export function descriptorsOf(pid: number): readonly Descriptor[] {
  return readdirSync(`/proc/${String(pid)}/fd`).flatMap((fd) => {
    const link = readlinkSync(`/proc/${String(pid)}/fd/${fd}`);
    const about = readFileSync(`/proc/${String(pid)}/fdinfo/${fd}`, 'utf8');
    if ((parseInt(/^flags:\s*(\d+)/m.exec(about)?.[1] ?? '', 8) & CLOSED_AT_EXEC) === 0) return [];
    const [, kind = link, inode] = /^(socket|pipe):\[(\d+)\]$/.exec(link) ?? [];
    const eventId = /^eventfd-id:\s*(\d+)/m.exec(about)?.[1];
    return [{ kind, id: inode ?? eventId }].map((one) => ({ ...one, id: one.id && `${kind} ${one.id}` }));
  });
}

/** How many of each kind. */
export function kindsOf(pid: number): Readonly<Record<string, number>> {
  const kinds: Record<string, number> = {};
  for (const { kind } of descriptorsOf(pid)) kinds[kind] = (kinds[kind] ?? 0) + 1;
  return kinds;
}
