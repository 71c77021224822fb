/** Where a command prints. */
export interface Screen {
  write(text: string): void;
  /** Of notes that are no output: progress, warnings. */
  note(text: string): void;
  readonly isTerminal: boolean;
  readonly paint: Paint;
  readonly columns: number;
  readonly rows: number;
}

export type Color = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan' | 'inverse';

/** The text in that colour, where there are any. */
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

export const coloured: Paint = (color, text) =>
  text === '' ? '' : `\u001b[${CODES[color]}m${text}\u001b[0m`;

const USUAL_COLUMNS = 80;
const USUAL_ROWS = 24;

/** stdout, coloured where it is a terminal and NO_COLOR does not say otherwise. */
export function standardScreen(): Screen {
  const { stdout, stderr } = process;
  const isTerminal = stdout.isTTY;
  return {
    write: (text) => void stdout.write(text),
    note: (text) => void stderr.write(text),
    isTerminal,
    paint: isTerminal && stdout.hasColors() ? coloured : plain,
    get columns() {
      return isTerminal ? stdout.columns : USUAL_COLUMNS;
    },
    get rows() {
      return isTerminal ? stdout.rows : USUAL_ROWS;
    },
  };
}

/** The only form of --json: for people to read, and for programs to parse. */
export function asJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
