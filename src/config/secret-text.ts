/** Replaces a value that must not be shown. */
export const MASK = '***';

const SECRET_NAME =
  /passw|pwd|passphrase|secret|token|credential|authorization|cookie|signature|bearer|jwt|session_?id|webhook|(?:api|access|private|secret|licen[cs]e|encryption|signing)_?keys$|key$/i;
// Short words that are part of many others: only as whole words. Below `auth` the strings are masked anyway.
const SECRET_WORD = /(?:^|[^a-z])(?:pass|pw|pin|otp|sig|sas|salt|dsn|creds?)(?:[^a-z]|$)/;

// Up to the last @ before the path: a password may contain one.
const URL_PASSWORD = /(\/\/[^\s/:@]*):[^\s/]+@/g;
// A token in place of the user name: https://TOKEN@host.
const URL_USER = /\/\/[^\s/:@?#]+@/g;
// In the query of a URL, or in a connection string. Every repetition is bounded: values may be megabytes.
const SECRET_PARAMETER =
  /((?:passw|pwd|passphrase|secret|token|credential|signature|auth|code|pass|sig|key)[\w-]{0,40}\s{0,3}=\s{0,3})(?:'[^']{0,200}'|"[^"]{0,200}"|[^\s;&#]+)/gi;
const HEADER_VALUE = /\b(Bearer|Basic|Digest)\s{1,3}[^\s,;]+/gi;
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;

// The usual form of tokens, keys and session ids: long, without spaces, letters and digits.
const KEY_LIKE = /^(?=[^\d]{0,200}\d)(?=[^a-z]{0,200}[a-z])[\w+/=~.-]{16,}$/i;

/** Whether the name of a key says that its value must not be shown. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) || SECRET_WORD.test(wordsOf(name));
}

function wordsOf(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
}

/** Whether a text looks like a generated key. */
export function looksLikeKey(text: string): boolean {
  return KEY_LIKE.test(text);
}

/** A text that may be shown, except for the parts that are secret by their position. */
export function maskText(text: string): string {
  if (PRIVATE_KEY.test(text)) return MASK;
  return text
    .replace(URL_PASSWORD, `$1:${MASK}@`)
    .replace(URL_USER, (found) => (found.includes(MASK) ? found : `//${MASK}@`))
    .replace(SECRET_PARAMETER, `$1${MASK}`)
    .replace(HEADER_VALUE, `$1 ${MASK}`);
}

/** The path of a request, without its query: a part that looks like a key may be one. */
export function maskPath(path: string): string {
  const [bare = ''] = path.split(/[?#]/, 1);
  return bare
    .split('/')
    .map((part) => (looksLikeKey(part) ? MASK : part))
    .join('/');
}
