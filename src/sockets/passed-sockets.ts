import type { SocketQuery } from '../common/socket-query';
import type { HeldSocket } from './held-socket';
import type { RegistryEntry } from './socket-registry';

/** The socket of this name and kind that a service manager has passed. */
export function passedSocket(
  entries: readonly RegistryEntry[],
  name: string,
  addressType: SocketQuery['addressType'],
): RegistryEntry | undefined {
  return entries.find(
    ({ held, query }) => held.origin?.name === name && kindOf(query.addressType) === kindOf(addressType),
  );
}

/** The names of passed sockets that no program has asked for by any of their addresses. */
export function unaskedNames(
  entries: readonly RegistryEntry[],
  isAsked: (held: HeldSocket) => boolean,
): readonly string[] {
  const names = (which: readonly RegistryEntry[]): readonly string[] =>
    which.flatMap(({ held }) => (held.origin ? [held.origin.name] : []));
  const asked = new Set(names(entries.filter(({ held }) => isAsked(held))));
  return [...new Set(names(entries))].filter((name) => !asked.has(name));
}

function kindOf(type: SocketQuery['addressType']): 'unix' | 'tcp' | 'udp' {
  if (type === -1) return 'unix';
  return typeof type === 'number' ? 'tcp' : 'udp';
}
