import { LineSplitter } from '../logging/line-splitter';
import type { Logger } from '../logging/logger';
import { PIPE_WORDS, type CommandTarget } from '../servers/commands';

/**
 * Reads commands from stdin, a word a line. An unknown word is logged, the end of the pipe means nothing.
 * Returns the way to stop reading.
 */
export function readCommandPipe(target: CommandTarget, logger: Logger): () => void {
  const { stdin } = process;
  const lines = new LineSplitter();
  const onData = (chunk: Buffer): void => {
    for (const line of lines.push(chunk)) {
      const word = line.trim();
      const command = PIPE_WORDS.get(word.toUpperCase());
      if (command) target.command(command);
      else if (word !== '')
        logger.warn('unknown command on the command pipe', { got: word, allowed: [...PIPE_WORDS.keys()] });
    }
  };
  const onError = (error: Error): void => logger.warn('command pipe failed', { error });
  stdin.on('data', onData);
  stdin.on('error', onError);
  return () => {
    stdin.off('data', onData);
    stdin.off('error', onError);
    stdin.pause();
  };
}
