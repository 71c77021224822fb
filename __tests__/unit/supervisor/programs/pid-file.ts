/**
 * Takes a pid file and holds it until its stdin ends. Prints each result as JSON.
 *
 *   pid-file.ts PATH [UID]: becomes that user after it has the file.
 *   pid-file.ts --race: takes one for each line `take PATH TIME`, at exactly that time; `release` gives it back.
 */
import { createInterface } from 'node:readline';
import type { Logger } from '../../../../src/record/logger';
import { PidFile } from '../../../../src/supervisor/pid-file';

const [path = '', uid] = process.argv.slice(2);
const logger = {
  warn: (message: string, fields: object) => say({ warning: message, ...fields }),
} as unknown as Logger;

if (path === '--race') race();
else hold();

function hold(): void {
  const pidFile = take(path);
  if (!pidFile) return;
  if (uid !== undefined) process.setuid?.(Number(uid));
  process.stdin.resume().once('end', () => {
    pidFile.remove(logger);
    say({ removed: true });
  });
}

function race(): void {
  let pidFile: PidFile | undefined;
  createInterface({ input: process.stdin }).on('line', (line) => {
    const [what, where = '', at] = line.split(' ');
    if (what === 'take') {
      waitUntil(Number(at));
      pidFile = take(where);
    } else {
      pidFile?.remove(logger);
      pidFile = undefined;
      say({ released: true });
    }
  });
  say({ ready: true });
}

/** To the millisecond: only the last of them is a busy wait. */
function waitUntil(at: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.max(0, at - Date.now() - 2));
  while (Date.now() < at);
}

function take(where: string): PidFile | undefined {
  try {
    const taken = new PidFile(where);
    say({ has: process.pid });
    return taken;
  } catch (error) {
    const { name, code, message } = error as Error & { code: string };
    say({ name, code, message });
    return undefined;
  }
}

function say(what: object): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}
