import type { Color, Paint } from './screen';

export interface Cell {
  readonly text: string;
  readonly color?: Color | undefined;
}

export interface Column {
  readonly title: string;
  readonly isRight?: boolean;
}

const GAP = '  ';

/** Rows under their titles, each column as wide as it needs. A column without any value is left out. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly (Cell | undefined)[])[],
  paint: Paint,
  width = Infinity,
): readonly string[] {
  const shown = columns
    .map((column, index) => ({ column, cells: rows.map((row) => row[index]) }))
    .filter(({ cells }) => cells.some((cell) => cell !== undefined && cell.text !== ''))
    .map(({ column, cells }) => ({
      column,
      cells,
      width: Math.max(column.title.length, ...cells.map((cell) => cell?.text.length ?? 0)),
    }));
  const line = (cellsOf: (index: number) => Cell): string => {
    let left = width;
    return shown
      .flatMap(({ column, width: own }, index) => {
        // Text beyond the edge of the terminal would not be seen.
        if (left <= 0) return [];
        const { text, color } = cellsOf(index);
        const isLast = index === shown.length - 1;
        const padded = column.isRight ? text.padStart(own) : isLast ? text : text.padEnd(own);
        const cut = padded.slice(0, left);
        left -= own + GAP.length;
        return [color ? paint(color, cut) : cut];
      })
      .join(GAP)
      .trimEnd();
  };
  return [
    line((index) => ({ text: shown[index]?.column.title ?? '', color: 'dim' })),
    ...rows.map((_, row) => line((index) => shown[index]?.cells[row] ?? { text: '' })),
  ];
}
