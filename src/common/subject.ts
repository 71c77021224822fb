/** What the log calls a child, and the fields of its records: read at each use, as a standby changes both when it gets an id. */
export interface Subject {
  /** "worker 2", "server process". */
  readonly label: string;
  readonly fields: Readonly<Record<string, unknown>>;
}
