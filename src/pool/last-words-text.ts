const MARK = '; its last words:\n    ';
const BETWEEN = '\n    ';

/** Why a start failed, with what the worker wrote last: for a terminal, and from process to process. */
export function withLastWords(why: string, lines: readonly string[]): string {
  return lines.length === 0 ? why : `${why}${MARK}${lines.join(BETWEEN)}`;
}

/** The two apart, as a log record has them. */
export function splitLastWords(text: string): {
  readonly reason: string;
  readonly lastLines?: readonly string[];
} {
  const at = text.indexOf(MARK);
  if (at < 0) return { reason: text };
  return { reason: text.slice(0, at), lastLines: text.slice(at + MARK.length).split(BETWEEN) };
}
