/**
 * A name next to `path` that nobody can have created in advance. The caller must still refuse an existing file. It
 * contains our pid, so that the leftovers of a killed process are recognized.
 */
export function temporaryNameFor(path: string): string {
  return `${path}.${String(process.pid)}-${Math.random().toString(36).slice(2, 10)}.tmp`;
}
