/**
 * How long a test waits for what must come. Far above what a busy machine needs: a long limit costs nothing when the
 * event comes, and a limit that a starved machine can reach says nothing about the code.
 */
export const WAIT_LIMIT_MS = 30_000;
