import type { Logger } from '../record/logger';

/**
 * Removes the socket files that a killed process has left. The code is loaded here, because few processes need it.
 * Never rejects.
 */
export async function tidyAfterKill(logger: Logger): Promise<void> {
  try {
    await (await import('./left-files')).removeLeftFiles();
  } catch (error) {
    // A deploy may have removed the file that is loaded here.
    logger.warn('the socket files of a killed server could not be looked for', { error });
  }
}
