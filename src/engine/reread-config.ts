import { systemClock, type Clock } from '../common/clock';
import { ConfigError } from '../common/errors';
import type { LoadedConfig } from '../config/load';
import type { Logger } from '../record/logger';
import { readConfig, type EngineDefinition } from './engine-definition';

const SLOW_MS = 5000;
const LIMIT_MS = 30_000;

/**
 * Reads the configuration again. Every restart and reload waits for it: a function that never answers would block all
 * later ones.
 * @throws as readConfig(); ConfigError when the function does not answer in time.
 */
export async function rereadConfig(
  spec: EngineDefinition,
  logger: Logger,
  clock: Clock = systemClock,
): Promise<LoadedConfig> {
  const slow = clock.after(SLOW_MS, () =>
    logger.warn('the config function has not answered yet; restarts and reloads wait for it', {
      waitedMs: SLOW_MS,
      limitMs: LIMIT_MS,
    }),
  );
  const reading = readConfig(spec);
  let cancel = (): void => {};
  const tooLong = new Promise<never>((_resolve, reject) => {
    const why = `the config function has not answered for ${LIMIT_MS / 1000} s.`;
    const timer = clock.after(LIMIT_MS, () => reject(new ConfigError('ERR_CONFIG_INVALID', why)));
    cancel = () => timer.cancel();
  });
  try {
    return await Promise.race([reading, tooLong]);
  } finally {
    slow.cancel();
    cancel();
  }
}
