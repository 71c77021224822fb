import { hangCause } from '../../../src/hang/hang-cause';

describe(hangCause, () => {
  it.each([
    [{ state: 'T' }, 'frozen', 'its process was frozen: it was stopped by a signal'],
    [{ state: 't' }, 'frozen', 'its process was frozen: it is stopped by a tracer'],
    [
      { state: 'D', wchan: '__refrigerator' },
      'frozen',
      'its process was frozen: by the freezer of a control group',
    ],
    [
      { state: 'S', wchan: 'do_freezer_trap' },
      'frozen',
      'its process was frozen: by the freezer of a control group',
    ],
    [{ state: 'R' }, 'blocked', 'its event loop was blocked: it is busy'],
    [{ state: 'D' }, 'blocked', 'its event loop was blocked: it waits for a device'],
    [
      { state: 'S', syscall: 'read', file: '/run/fifo' },
      'blocked',
      'its event loop was blocked: it waits in the system call read of /run/fifo',
    ],
    [undefined, 'blocked', 'its event loop was blocked'],
  ])('%j is %s', (view, kind, why) => {
    expect(hangCause(view)).toEqual({ kind, why });
  });
});
