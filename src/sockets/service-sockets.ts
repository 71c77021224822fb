import { removeFile } from './unix-file';
import { socketKey, type RegistryEntry } from './socket-registry';
import type { SocketQuery } from '../common/socket-query';

/**
 * The sockets on which the main process itself listens, for machines and people that look at the engine; workers do not
 * get them. An upgrade hands them over, so that no connection is refused while the next process replaces this one.
 */
export class ServiceSockets {
  /** The predecessor's sockets that nothing here has asked for yet. */
  readonly #received = new Map<string, RegistryEntry>();
  readonly #offered = new Set<RegistryEntry>();

  constructor(received: readonly RegistryEntry[]) {
    for (const entry of received) this.#received.set(keyOf(entry.query), entry);
  }

  /** For a successor. */
  entries(): readonly RegistryEntry[] {
    return [...this.#offered];
  }

  /** The predecessor's socket at this address: the caller closes it. */
  take(query: SocketQuery): RegistryEntry | undefined {
    const entry = this.#received.get(keyOf(query));
    this.#received.delete(keyOf(query));
    return entry;
  }

  /** From now on a successor gets this socket. Returns a function that ends that. */
  offer(entry: RegistryEntry): () => void {
    this.#offered.add(entry);
    return () => void this.#offered.delete(entry);
  }

  /** We serve now. Sockets of the predecessor that are not needed here are closed, and their files removed. */
  discard(): void {
    for (const { held } of this.#received.values()) {
      const { handle, file } = held;
      handle.close();
      if (file) removeFile(file);
    }
    this.#received.clear();
  }
}

function keyOf(query: SocketQuery): string {
  return socketKey(query, 0);
}
