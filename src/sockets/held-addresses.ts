import type { RegistryEntry } from './socket-registry';
import { shownPath } from './unix-path';

/** Held sockets for people, each once: 'tcp 127.0.0.1:9071'. */
export function heldAddresses(entries: readonly RegistryEntry[]): readonly string[] {
  return [...new Map(entries.map((entry) => [entry.held, describe(entry)] as const)).values()];
}

function describe({ query, held }: RegistryEntry): string {
  const { addressType, address } = query;
  if (addressType === -1)
    return `unix ${address === undefined ? `descriptor ${String(query.fd)}` : shownPath(address)}`;
  // `port: 0` was requested, and the system has chosen one.
  const name = held.sockname as { readonly address?: string; readonly port?: number };
  const host = name.address ?? address ?? '*';
  const protocol = typeof addressType === 'number' ? 'tcp' : 'udp';
  return `${protocol} ${host.includes(':') ? `[${host}]` : host}:${String(name.port ?? query.port)}`;
}
