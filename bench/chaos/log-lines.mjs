// Checks the text of log files: every line is complete, and numbered lines have no gap. Pure.

const TICK = /tick writer=(\S+) number=(\d+) /;

/** @returns {{ records: object[], torn: string[] }} in the order of time */
export function readRecords(texts) {
  const records = [];
  const torn = [];
  for (const text of texts) {
    const lines = text.split('\n');
    const rest = lines.pop();
    if (rest !== '') torn.push(rest.slice(0, 120));
    for (const line of lines) {
      try {
        records.push(JSON.parse(line));
      } catch {
        torn.push(line.slice(0, 120));
      }
    }
  }
  records.sort((left, right) => (left.time < right.time ? -1 : left.time > right.time ? 1 : 0));
  return { records, torn };
}

/** Numbered lines that occur twice, or are missing between others of their writer. */
export function judgeNumbers(records) {
  const seen = new Map();
  for (const { message } of records) {
    const match = TICK.exec(message ?? '');
    if (!match) continue;
    const [, writer, number] = match;
    if (!seen.has(writer)) seen.set(writer, []);
    seen.get(writer).push(Number(number));
  }
  return [...seen].flatMap(([writer, numbers]) => {
    const distinct = new Set(numbers);
    const most = Math.max(...distinct);
    const missing = most - distinct.size;
    const wrong = [];
    if (distinct.size < numbers.length)
      wrong.push(`${numbers.length - distinct.size} lines of ${writer} are there twice`);
    if (missing > 0) wrong.push(`${missing} of ${most} lines of ${writer} are missing`);
    return wrong;
  });
}

/** The last lines for people, without the numbered ones. */
export function lastLines(records, count) {
  return records
    .filter(({ message }) => !TICK.test(message ?? ''))
    .slice(-count)
    .map(({ time, level, role, pid, message, ...fields }) => {
      const rest = JSON.stringify(fields);
      return `${time} ${level} ${role} ${pid}: ${message} ${rest === '{}' ? '' : rest.slice(0, 300)}`;
    });
}
