import type crypto from 'node:crypto';

const BEARER = /^Bearer ([\x21-\x7e]+)$/i;

/** Whether a header has the token. Takes the same time whatever the header holds. */
export function hasToken(authorization: string | undefined, token: string): boolean {
  const given = BEARER.exec(authorization ?? '')?.[1];
  if (given === undefined) return false;
  // Few people ever act, and this costs 400 KB that a process without a supervisor would otherwise not need.
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
  const { createHash, timingSafeEqual } = require('node:crypto') as typeof crypto;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}
