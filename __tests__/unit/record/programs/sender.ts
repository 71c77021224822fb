import { RecordSender } from '../../../../src/record/record-sender';

const sender = new RecordSender(5, {
  maxBufferedBytes: 1024 * 1024,
  dropNotice: (records) => `dropped=${String(records)}\n`,
});
const hundred = (): void => {
  for (let i = 0; i < 100; i += 1) sender.write(`record ${String(i)}\n    at ${'x'.repeat(2000)}\n`);
};

const modes: Readonly<Record<string, () => void>> = {
  // More than the kernel's buffer holds: the rest is sent while the process exits.
  exit: () => {
    hundred();
    process.exit(3);
  },
  killed: () => {
    for (let i = 0; i < 100; i += 1) sender.write(`record ${String(i)}\n`);
    process.kill(process.pid, 'SIGKILL');
  },
  // Logged by an exit listener that runs after the sender's own.
  late: () => {
    process.on('exit', () => sender.write('last words\n'));
    process.exit();
  },
  natural: hundred,
  flood: () => {
    for (let i = 0; i < 40_000; i += 1) sender.write(`record ${String(i)} ${'y'.repeat(100)}\n`);
    process.send?.({ dropped: sender.dropped });
    process.once('message', () => {
      sender.write('after the flood\n');
      process.disconnect();
    });
  },
  orphan: () => {
    process.send?.('up');
    process.once('message', () => {
      for (let i = 0; i < 1000; i += 1) sender.write('nobody reads this\n');
      process.send?.({ dropped: sender.dropped }, () => process.disconnect());
    });
  },
};
modes[process.argv[2] ?? '']?.();
