import type { CommandTarget } from '../commands/command';
import { PIPE_WORDS } from '../commands/pipe-words';
import { LineSplitter } from '../record/line-splitter';
import type { Logger } from '../record/logger';

/**
 * Reads commands from stdin, a word a line. An unknown word is logged. The end of the pipe means nothing but the end of
 * the last line.
 * Returns the way to stop reading.
 */
export function readCommandPipe(target: CommandTarget, logger: Logger): () => void {
  const { stdin } = process;
  const lines = new LineSplitter();
  const obey = (line: string): void => {
    const word = line.trim();
    const command = PIPE_WORDS.get(word.toUpperCase());
    if (command) void target.submit(command);
    else if (word !== '')
      logger.warn('unknown command on the command pipe', { got: word, allowed: [...PIPE_WORDS.keys()] });
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
