/** When a line of the log was written, in milliseconds since 1970. */
export function timeOf(line: string): number {
  const match = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d{3}) ([+-]\d{4}) /.exec(line);
  if (!match) throw new Error(`not the first line of a record: ${line}`);
  return Date.parse(`${match[1]!}T${match[2]!}${match[3]!}`);
}

/** The number in a field of a line. */
export function numberIn(line: string, field: string): number {
  const match = new RegExp(`\\b${field}=(\\d+)`).exec(line);
  if (!match) throw new Error(`no ${field} in: ${line}`);
  return Number(match[1]);
}
