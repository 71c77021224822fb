/**
 * A name beside `path` that nobody can have created in advance. The caller must still refuse a file that is there.
 * With our pid, so that what a killed process left behind is known as such.
 */
export function temporaryNameFor(path: string): string {
  return `${path}.${String(process.pid)}-${Math.random().toString(36).slice(2, 10)}.tmp`;
}
