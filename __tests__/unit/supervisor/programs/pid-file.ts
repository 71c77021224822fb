/**
 * Takes a pid file and holds it until its stdin ends; prints as JSON what came of each.
 *   pid-file.ts PATH [UID]: becomes that user after it has the file.
 */
import type { Logger } from '../../../../src/logging/logger';
import { PidFile } from '../../../../src/supervisor/pid-file';

const [path = '', uid] = process.argv.slice(2);
const logger = {
  warn: (message: string, fields: object) => say({ warning: message, ...fields }),
} as unknown as Logger;

try {
  const pidFile = new PidFile(path, logger);
  say({ has: process.pid });
  if (uid !== undefined) process.setuid?.(Number(uid));
  process.stdin.resume().once('end', () => {
    pidFile.remove();
    say({ removed: true });
  });
} catch (error) {
  const { name, code, message } = error as Error & { code: string };
  say({ name, code, message });
}

function say(what: object): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}
