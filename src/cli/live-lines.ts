import type { Screen } from './screen';

export const NO_WRAP = '\u001b[?7l';
export const WRAP = '\u001b[?7h';

/** Lines at the end of a terminal that are overwritten again and again. */
export class LiveLines {
  readonly #screen: Screen;
  #height = 0;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  /** Replaces the lines that were shown before. */
  show(lines: readonly string[]): void {
    // A line that wraps, or one above the top, could not be overwritten.
    const shown = lines.slice(-(this.#screen.rows - 1));
    const text = shown.map((line) => `${line}\u001b[K\n`).join('');
    this.#screen.write(`${NO_WRAP}${this.#up()}${text}\u001b[J${WRAP}`);
    this.#height = shown.length;
  }

  #up(): string {
    return this.#height === 0 ? '' : `\u001b[${String(this.#height)}A\r`;
  }
}
