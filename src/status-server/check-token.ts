import type crypto from 'node:crypto';

const BEARER = /^Bearer ([\x21-\x7e]+)$/i;

/** Whether a header has the token. It takes the same time wherever a wrong one differs, and however long it is. */
export function hasToken(authorization: string | undefined, token: string): boolean {
  const given = BEARER.exec(authorization ?? '')?.[1];
  if (given === undefined) return false;
  // Few ever act: 400 KB that a process without a supervisor does not have otherwise.
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
  const { createHash, timingSafeEqual } = require('node:crypto') as typeof crypto;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}
