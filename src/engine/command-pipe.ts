import { systemClock, type Clock } from '../common/clock';
import type { CommandTarget } from '../commands/command';
import { PIPE_WORDS } from '../commands/pipe-words';
import { LineSplitter } from '../record/line-splitter';
import type { Logger } from '../record/logger';

const LONGEST_LINE_BYTES = 64 * 1024;
const LONGEST_SHOWN = 50;
// If a program writes there by mistake, the log is not flooded.
const QUIET_MS = 1000;

export interface CommandPipeDeps {
  readonly target: CommandTarget;
  readonly logger: Logger;
  readonly stdin?: NodeJS.ReadableStream;
  readonly clock?: Clock;
}

/**
 * Reads commands from stdin, one word per line. Logs unknown words, at most one per second. The end of the pipe only
 * ends the last line; it is no command. Returns a function that stops reading.
 */
export function readCommandPipe({ target, logger, ...deps }: CommandPipeDeps): () => void {
  const { stdin = process.stdin, clock = systemClock } = deps;
  const lines = new LineSplitter(LONGEST_LINE_BYTES);
  let quietUntil = -Infinity;
  let untold = 0;
  const refuse = (word: string): void => {
    if (clock.now() < quietUntil) {
      untold += 1;
      return;
    }
    logger.warn('unknown command on the command pipe', {
      got: word.slice(0, LONGEST_SHOWN),
      allowed: [...PIPE_WORDS.keys()],
      ...(untold > 0 ? { untold } : {}),
    });
    quietUntil = clock.now() + QUIET_MS;
    untold = 0;
  };
  const obey = (line: string): void => {
    const word = line.trim();
    const command = PIPE_WORDS.get(word.toUpperCase());
    if (command) void target.submit(command);
    else if (word !== '') refuse(word);
  };
  const onData = (chunk: Buffer): void => lines.push(chunk).forEach(obey);
  const onEnd = (): void => obey(lines.flush() ?? '');
  const onError = (error: Error): void => logger.warn('command pipe failed', { error });
  stdin.on('data', onData);
  stdin.on('end', onEnd);
  stdin.on('error', onError);
  return () => {
    stdin.off('data', onData);
    stdin.off('end', onEnd);
    stdin.off('error', onError);
    stdin.pause();
  };
}
