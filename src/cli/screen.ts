/** Where a command prints. */
export interface Screen {
  write(text: string): void;
  /** For messages that are not output: progress, warnings. */
  note(text: string): void;
  readonly isTerminal: boolean;
  readonly paint: Paint;
  readonly columns: number;
  readonly rows: number;
}

export type Color = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan' | 'inverse';

/** The text in that color, if the screen has colors. */
export type Paint = (color: Color, text: string) => string;

const CODES: Readonly<Record<Color, string>> = {
  bold: '1',
  dim: '2',
  red: '31',
  green: '32',
  yellow: '33',
  cyan: '36',
  inverse: '7',
};

export const plain: Paint = (_color, text) => text;

export const colored: Paint = (color, text) => (text === '' ? '' : `\u001b[${CODES[color]}m${text}\u001b[0m`);

const USUAL_COLUMNS = 80;
const USUAL_ROWS = 24;

/** stdout, with colors if it is a terminal and NO_COLOR is not set. */
export function standardScreen(): Screen {
  const { stdout, stderr } = process;
  const isTerminal = stdout.isTTY;
  return {
    write: (text) => void stdout.write(text),
    note: (text) => void stderr.write(text),
    isTerminal,
    paint: isTerminal && stdout.hasColors() ? colored : plain,
    get columns() {
      return isTerminal ? stdout.columns : USUAL_COLUMNS;
    },
    get rows() {
      return isTerminal ? stdout.rows : USUAL_ROWS;
    },
  };
}

/** The only form of --json: people can read it, and programs can parse it. */
export function asJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
