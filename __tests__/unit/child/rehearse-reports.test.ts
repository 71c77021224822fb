import { readdirSync } from 'node:fs';
import { rehearseReports } from '../../../src/child/rehearse-reports';
import { createLineLogger } from '../../../src/record/line-logger';
import type { PrepareMessage } from '../../../src/protocol/protocol';

const descriptors = (): number => readdirSync('/proc/self/fd').length;

describe('rehearseReports', () => {
  it('leaves no descriptor and no listener behind: a template with an open one would be refused', () => {
    const logger = createLineLogger({
      level: 'debug',
      origin: { role: 'worker', pid: 1 },
      format: 'json',
      color: false,
      write: () => {},
    });
    const before = { fds: descriptors(), exits: process.listenerCount('exit') };
    rehearseReports(logger, { socketScheduling: 'shared' } as PrepareMessage);
    expect({ fds: descriptors(), exits: process.listenerCount('exit') }).toEqual(before);
  });
});
