export interface RotationSettings {
  /** How many files are kept, including the current one. 0: see the keys of the config. */
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
   * @param size of the current file.
   * @param isThere whether that file is still where it was opened.
   * @throws what the file system throws; the batch then goes to the current file.
   */
  fileFor(batch: Buffer, size: number, isThere: () => boolean): string | undefined;
  /** Makes sure that the log is found where the user looks for it. Called about once a second. */
  tend(): void;
  close(): void;
}

/** No rotation. */
export class NoRotation implements Rotation {
  constructor(readonly path: string) {}

  fileFor(): undefined {
    return undefined;
  }

  tend(): void {}

  close(): void {}
}
