/**
 * The name of a child in the log, and the fields of its records. Read at each use, because a standby changes both when
 * it gets an id.
 */
export interface Subject {
  /** "worker 2", "server process". */
  readonly label: string;
  readonly fields: Readonly<Record<string, unknown>>;
}
