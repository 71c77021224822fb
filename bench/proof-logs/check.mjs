// Reads the files of a log: the lines of each writer, whether complete, and in which order.

const HEAD = /^\d{4}-\d\d-\d\d \S+ [+-]\d{4} \[\w+\] \S+(?: pid=\d+)?: proof writer=(\S+) number=(\d+) /;
const QUOTE = '    ';

/** Each writer's numbers, file by file, and every line that differs from what was written. */
export function readLines(texts) {
  const writers = new Map();
  const torn = [];
  let lines = 0;
  for (const text of texts) {
    if (text !== '' && !text.endsWith('\n')) torn.push(`the end of a file: ${text.slice(-80)}`);
    const perFile = new Map();
    const rows = text.split('\n');
    rows.forEach((row, index) => {
      // Continuation lines: of a record with several lines, or quoted last lines of a death record.
      if (row === '' || row.startsWith(QUOTE)) return;
      const match = HEAD.exec(row);
      if (!match) {
        if (!/^\d{4}-\d\d-\d\d \S+ [+-]\d{4} \[\w+\] /.test(row)) torn.push(row.slice(0, 80));
        return;
      }
      lines += 1;
      const isWhole = row.endsWith(' first') ? (rows[index + 1] ?? '').endsWith(' end') : row.endsWith('end');
      if (!isWhole) torn.push(row.slice(0, 80));
      const [, writer, number] = match;
      if (!perFile.has(writer)) perFile.set(writer, []);
      perFile.get(writer).push(Number(number));
    });
    for (const [writer, numbers] of perFile) writers.set(writer, [...(writers.get(writer) ?? []), numbers]);
  }
  return { writers, torn, lines };
}

/**
 * What is wrong with the numbers of one writer: missing up to `least`, doubled, out of order. Undefined when they are
 * right.
 */
export function judgeWriter(runs, least) {
  const ordered = [...runs].sort((left, right) => left[0] - right[0]);
  const numbers = ordered.flat();
  const problems = { lost: 0, twice: 0, disordered: 0 };
  const seen = new Set();
  let last = 0;
  for (const number of numbers) {
    if (seen.has(number)) problems.twice += 1;
    else if (number < last) problems.disordered += 1;
    else problems.lost += number - last - 1;
    seen.add(number);
    last = Math.max(last, number);
  }
  const atEnd = Math.max(0, least - last);
  problems.lost += atEnd;
  return { ...problems, atEnd, count: seen.size };
}
