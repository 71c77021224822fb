/** Lines that belong to a record: an indented block under it as text, an array as JSON. */
export class LogBlock {
  constructor(readonly lines: readonly string[]) {}

  toJSON(): readonly string[] {
    return this.lines;
  }
}
