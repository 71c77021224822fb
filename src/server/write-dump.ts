import { messageOf } from '../common/errors';
import type { DumpRequest } from '../dump/take-dump';

/** Writes a dump of this process to its file. Loads the code for it at the first dump; never throws. */
export async function writeDump(request: DumpRequest): Promise<void> {
  try {
    const { takeDump } = await import('../dump/take-dump');
    await takeDump(request);
  } catch (error) {
    request.logger.warn('dump not written', { reason: messageOf(error) });
  }
}
