import { closeSync, fstatSync, openSync } from 'node:fs';
import { WorkerGauge } from '../health/worker-gauge';
import { encodeBeat, type PrepareMessage } from '../protocol/protocol';
import type { LineLogger } from '../record/line-logger';
import { RecordSender } from '../record/record-sender';
import { BoardWriter } from './board-writer';
import { warnIfSeen } from './cluster-child';
import { shareListening } from './share-listening';

// The second beat compares with the first.
const BEATS = 2;

/**
 * Warms up what a worker does before run(): its first beats, its first record, its preparations for sockets. For this
 * a forked worker took a third of its time until it listened. The reports go to /dev/null.
 */
export function rehearseReports(logger: LineLogger, { socketScheduling }: PrepareMessage): void {
  const fd = openSync('/dev/null', 'r+');
  try {
    const { dev, ino } = fstatSync(fd);
    const gauge = new WorkerGauge('process');
    const board = new BoardWriter({ fd, index: 0, serial: 0, dev, ino }, gauge);
    for (let beat = 0; beat < BEATS; beat += 1) board.write(0);
    encodeBeat({ rssBytes: gauge.read(0).rssBytes });
    const sender = new RecordSender(fd, { dropNotice: () => '' });
    sender.write('rehearsal');
    sender.close();
    warnIfSeen(logger);
    shareListening(socketScheduling, () => {})();
  } finally {
    closeSync(fd);
  }
}
