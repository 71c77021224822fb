const MARK = '; its last words:\n    ';
const BETWEEN = '\n    ';

/** Why a start failed, followed by the worker's last lines. Used for a terminal and between processes. */
export function withLastWords(why: string, lines: readonly string[]): string {
  return lines.length === 0 ? why : `${why}${MARK}${lines.join(BETWEEN)}`;
}

/** Splits the text again, as a log record has it. */
export function splitLastWords(text: string): {
  readonly reason: string;
  readonly lastLines?: readonly string[];
} {
  const at = text.indexOf(MARK);
  if (at < 0) return { reason: text };
  return { reason: text.slice(0, at), lastLines: text.slice(at + MARK.length).split(BETWEEN) };
}
