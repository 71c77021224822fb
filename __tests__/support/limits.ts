/**
 * How long a test waits for what must come. Far above what a busy machine needs: to wait costs nothing when it comes,
 * and a limit that a starved machine can reach tells nothing about the code.
 */
export const WAIT_LIMIT_MS = 30_000;
