import type { LogSink } from '../../../../src/record/log-sink';
import { openSink } from '../../../../src/log-file/sink';

const [mode = '', log = ''] = process.argv.slice(2);
let sink: LogSink;

async function main(): Promise<void> {
  ({ sink } = await openSink(log === 'stderr' ? undefined : log));
  for (let i = 0; i < 100; i += 1) sink.write(`line ${String(i)}\n`);
  modes[mode]?.();
  process.disconnect();
}

const modes: Readonly<Record<string, () => void>> = {
  exit: () => process.exit(3),
  throw: () => {
    throw new Error('on purpose');
  },
  late: () => {
    process.on('exit', () => sink.write('last words\n'));
    process.exit();
  },
  natural: () => {},
};
void main();
