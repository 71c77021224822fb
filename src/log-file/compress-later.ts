import { attempt } from '../common/attempt';

/**
 * Compresses old log files in the background. The code is loaded at the first rotation, and a deploy may have replaced
 * the files of the package by then: that is reported, and does not end the process.
 */
export function compressLater(generations: readonly string[], onFailed: (error: unknown) => void): void {
  attempt(async () => {
    const { compressGenerations } = await import('./compress-generations');
    await compressGenerations(generations);
  }, onFailed);
}
