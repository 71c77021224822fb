// Control characters except tab and newline, and the two Unicode line breaks.
const CONTROL = /[^\P{Cc}\t\n]|[\u2028\u2029]/u;
const CONTROLS = new RegExp(CONTROL, 'gu');

/**
 * Makes text harmless for terminals and line readers: characters that could move the cursor, color the screen or end a
 * line become visible (`\x1b`). Newlines stay: the caller indents what follows them. CRLF counts as a newline.
 */
export function escapeControls(text: string): string {
  if (!CONTROL.test(text)) return text;
  return text.replaceAll('\r\n', '\n').replace(CONTROLS, (char) => {
    const code = char.charCodeAt(0);
    return code > 0xff ? `\\u${code.toString(16)}` : `\\x${code.toString(16).padStart(2, '0')}`;
  });
}

/** The same for complete JSON, where only characters inside strings can be left to escape: they get JSON's escapes. */
export function escapeJsonControls(json: string): string {
  if (!CONTROL.test(json)) return json;
  return json.replace(CONTROLS, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
