import { removeFile } from './unix-file';
import { socketKey, type RegistryEntry } from './socket-registry';
import type { SocketQuery } from '../common/socket-query';

/**
 * What the main process itself listens on, for machines and people who look at the engine: no worker gets these. An
 * upgrade hands them over, so that nobody is refused while the next process takes the place of this one.
 */
export class DoorSockets {
  /** Of the predecessor, as long as nobody here has asked for them. */
  readonly #received = new Map<string, RegistryEntry>();
  readonly #offered = new Set<RegistryEntry>();

  constructor(received: readonly RegistryEntry[]) {
    for (const entry of received) this.#received.set(keyOf(entry.query), entry);
  }

  /** For a successor. */
  entries(): readonly RegistryEntry[] {
    return [...this.#offered];
  }

  /** The socket that the predecessor has at this address: the caller closes it. */
  take(query: SocketQuery): RegistryEntry | undefined {
    const entry = this.#received.get(keyOf(query));
    this.#received.delete(keyOf(query));
    return entry;
  }

  /** From now on a successor gets this one. Returns what ends that. */
  offer(entry: RegistryEntry): () => void {
    this.#offered.add(entry);
    return () => void this.#offered.delete(entry);
  }

  /** We serve now. What the predecessor had and nobody wants here is closed, and its file goes. */
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
