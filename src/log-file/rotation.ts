export interface RotationSettings {
  /** How many files are kept, the one that is written included. 0: see the keys of the config. */
  readonly age: number;
  /** 0: not by size. */
  readonly sizeBytes: number;
  readonly daily: boolean;
  readonly compress: boolean;
}

/** Decides which file the log is written to. */
export interface Rotation {
  /** The file to begin with. */
  readonly path: string;
  /**
   * Called before each batch: returns the file for it, if a new file must be opened.
   * @param size of the file that is written now.
   * @param isThere whether that file still is where it was opened.
   * @throws what the file system throws; the batch then goes where the last one went.
   */
  fileFor(batch: Buffer, size: number, isThere: () => boolean): string | undefined;
  /** Sees to it that the log is found where the user looks for it. Called about once a second. */
  tend(): void;
  close(): void;
}

/** One file for ever. */
export class NoRotation implements Rotation {
  constructor(readonly path: string) {}

  fileFor(): undefined {
    return undefined;
  }

  tend(): void {}

  close(): void {}
}
