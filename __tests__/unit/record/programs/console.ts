import { writeSync } from 'node:fs';
import { captureConsole } from '../../../../src/record/console-capture';

const LOG_FD = 5;
const logger = {
  info: (line: unknown): void => void writeSync(LOG_FD, `info ${String(line)}\n`),
  warn: (line: unknown): void => void writeSync(LOG_FD, `warn ${String(line)}\n`),
};

const modes: Readonly<Record<string, () => void>> = {
  lines: () => {
    console.log('early');
    captureConsole({ stdout: true, stderr: true, logger });
    console.log('one\ntwo', { three: 3 });
    console.error('four');
    process.stdout.write('fi');
    process.stdout.write('ve\nsix');
    process.stdout.write(Buffer.from(' é\n').subarray(0, 2));
    process.stdout.write(Buffer.from(' é\n').subarray(2));
    process.stdout.write('\x1b[32mgreen\x1b[39m\n');
    process.stdout.write('736576656e0a', 'hex');
    process.stdout.write('unended');
  },
  partial: () => {
    captureConsole({ stdout: true, stderr: false, logger });
    process.stdout.write('prompt> ');
    setTimeout(() => void process.stdout.write('later\n'), 400);
  },
  callbacks: () => {
    captureConsole({ stdout: true, stderr: false, logger });
    const returned = process.stdout.write('a\n', () => void writeSync(LOG_FD, 'called back\n'));
    process.stdout.write('b\n', 'utf8', () => void writeSync(LOG_FD, `returned ${String(returned)}\n`));
  },
  restore: () => {
    const restore = captureConsole({ stdout: true, stderr: true, logger });
    console.log('captured');
    process.stdout.write('half');
    restore();
    console.log('plain');
    console.error('plain too');
  },
  only: () => {
    captureConsole({ stdout: false, stderr: true, logger });
    console.log('to stdout');
    console.error('to the log');
  },
  // A logger that prints its records on both streams.
  loop: () => {
    captureConsole({
      stdout: true,
      stderr: true,
      logger: { info: (line) => console.error('logged', line), warn: (line) => console.log('warned', line) },
    });
    console.log('x');
    console.error('y');
  },
};
modes[process.argv[2] ?? '']?.();
