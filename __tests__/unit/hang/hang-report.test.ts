import { reportHang, type HangFindings } from '../../../src/hang/hang-report';
import type { StackFrame } from '../../../src/hang/source-mapped-frames';

function frame(functionName: string, file: string): StackFrame {
  return { functionName, file, line: 12, column: 3 };
}

function reported(findings: HangFindings) {
  const log = jest.fn();
  const subject = { label: 'worker 2', verb: 'hangs', fields: { workerId: 2 }, directory: '/srv/app' };
  reportHang(log, subject, findings);
  expect(log).toHaveBeenCalledTimes(1);
  const [sentence, fields] = log.mock.calls[0] as [string, unknown];
  return { sentence, fields: JSON.parse(JSON.stringify(fields)) as unknown };
}

describe(reportHang, () => {
  it('names the innermost function outside of Node, and shows the whole stack', () => {
    const frames = [
      frame('readSync', 'node:fs'),
      frame('fib', '/srv/app/src/app.ts'),
      frame('', '/srv/lib/timer.js'),
      frame('run', ''),
    ];
    expect(reported({ frames })).toEqual({
      sentence: 'worker 2 hangs in fib (src/app.ts:12:3)',
      fields: {
        workerId: 2,
        stack: [
          'at readSync (node:fs:12:3)',
          'at fib (src/app.ts:12:3)',
          'at /srv/lib/timer.js:12:3',
          'at run (<anonymous>:12:3)',
        ],
      },
    });
  });

  it('names Node’s own function when there is no other', () => {
    expect(reported({ frames: [frame('processTimers', 'node:internal/timers')] }).sentence).toBe(
      'worker 2 hangs in processTimers (node:internal/timers:12:3)',
    );
  });

  it('shows the kernel’s view when no JavaScript answered', () => {
    const kernel = { state: 'S', syscall: 'read', file: '/run/fifo' };
    expect(reported({ why: 'its debugger did not open', isUnreachable: true, kernel })).toEqual({
      sentence: 'worker 2 hangs, no JavaScript stack: it waits in the system call read of /run/fifo',
      fields: { workerId: 2, why: 'its debugger did not open', ...kernel },
    });
  });

  it('gives the reason when nothing was tried', () => {
    expect(reported({ why: 'its debugger is not ours to use', kernel: { state: 'R' } })).toEqual({
      sentence: 'worker 2 hangs, no JavaScript stack: its debugger is not ours to use',
      fields: { workerId: 2, state: 'R' },
    });
  });

  it('has a text when nothing is known', () => {
    expect(reported({}).sentence).toBe('worker 2 hangs, no JavaScript stack: nothing is known of it');
  });
});
