import fs, { closeSync, constants, openSync, readSync } from 'node:fs';
import { Heartbeat } from '../../../src/child/heartbeat';
import { decodeBeat, type Beat } from '../../../src/protocol/protocol';
import { makeFifo } from '../../support/fifo';

const INTERVAL_MS = 1000;

/**
 * A heartbeat pipe of a worker. Its ends stay open until the end of the test run, because a socket owns one of them.
 */
function pipe() {
  const path = makeFifo();
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  return {
    fd,
    closeReader: () => closeSync(reader),
    /** The last beat since the previous read. */
    read: (): Beat | undefined => {
      const buffer = Buffer.alloc(1024);
      return decodeBeat(buffer.subarray(0, readSync(reader, buffer)));
    },
  };
}

function failing(code: string): never {
  throw Object.assign(new Error(code), { code });
}

/** One end of a socket pair: readable, and not at its end. */
function openBothWays(): number {
  return openSync(makeFifo(), constants.O_RDWR | constants.O_NONBLOCK);
}

function board() {
  const late: number[] = [];
  const state = { takes: true };
  const write = (lateMs: number): boolean => {
    late.push(lateMs);
    return state.takes;
  };
  return { late, state, write };
}

describe('Heartbeat with a scoreboard', () => {
  beforeEach(() => void jest.useFakeTimers({ doNotFake: ['performance'] }));

  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  it('writes one hello into the pipe, then beats only on the board', () => {
    const fd = openBothWays();
    const { late, write } = board();
    const piped = jest.spyOn(fs, 'writeSync');
    new Heartbeat(fd, () => {}, { write }).start(INTERVAL_MS);
    jest.advanceTimersByTime(3 * INTERVAL_MS);
    expect(late).toHaveLength(4);
    expect(piped).toHaveBeenCalledTimes(1);
  });

  it('repeats the hello until the pipe accepts it', () => {
    const fd = openBothWays();
    const piped = jest.spyOn(fs, 'writeSync').mockImplementationOnce(() => failing('EAGAIN'));
    new Heartbeat(fd, () => {}, board()).start(INTERVAL_MS);
    jest.advanceTimersByTime(3 * INTERVAL_MS);
    expect(piped).toHaveBeenCalledTimes(2);
  });

  it('beats into the pipe while the board rejects writes', () => {
    const fd = openBothWays();
    const { state, write } = board();
    const piped = jest.spyOn(fs, 'writeSync');
    new Heartbeat(fd, () => {}, { write }).start(INTERVAL_MS);
    state.takes = false;
    jest.advanceTimersByTime(2 * INTERVAL_MS);
    expect(piped).toHaveBeenCalledTimes(3);
    state.takes = true;
    jest.advanceTimersByTime(2 * INTERVAL_MS);
    expect(piped).toHaveBeenCalledTimes(3);
  });

  it('notices the end of its parent by the pipe, even when it writes nothing into it', async () => {
    jest.useRealTimers();
    const path = makeFifo();
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const parent = openSync(path, constants.O_WRONLY);
    const gone = new Promise<void>((resolve) => {
      new Heartbeat(fd, resolve, board()).start(60_000);
    });
    closeSync(parent);
    await gone;
  });
});

describe(Heartbeat, () => {
  beforeEach(() => void jest.useFakeTimers({ doNotFake: ['performance'] }));

  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  it.each(['EMFILE', 'ENFILE', 'ENOENT', 'EACCES'])(
    'keeps beating when memory cannot be read (%s)',
    (code) => {
      const { fd, read } = pipe();
      const onBroken = jest.fn();
      jest.spyOn(process.memoryUsage, 'rss').mockImplementation(() => failing(code));
      new Heartbeat(fd, onBroken).start(INTERVAL_MS);
      expect(read()).toEqual({ rssBytes: undefined });
      expect(onBroken).not.toHaveBeenCalled();
    },
  );

  it('reports the last known memory when the next read fails', () => {
    const { fd, read } = pipe();
    const bytes = 5 * 1024 * 1024;
    const rss = jest.spyOn(process.memoryUsage, 'rss').mockReturnValue(bytes);
    new Heartbeat(fd, () => {}).start(INTERVAL_MS);
    expect(read()).toEqual({ rssBytes: bytes });
    rss.mockImplementation(() => failing('EMFILE'));
    jest.advanceTimersByTime(INTERVAL_MS);
    expect(read()).toEqual({ rssBytes: bytes });
  });

  it.each(['EAGAIN', 'EINTR', 'ENOBUFS', 'ENOMEM', 'EMFILE', 'EIO'])(
    'a failed write of a beat (%s) does not mean the end of the parent, and the next beat is written',
    (code) => {
      const { fd, read } = pipe();
      const onBroken = jest.fn();
      jest.spyOn(fs, 'writeSync').mockImplementationOnce(() => failing(code));
      new Heartbeat(fd, onBroken).start(INTERVAL_MS);
      jest.advanceTimersByTime(INTERVAL_MS);
      expect(read()?.rssBytes).toBeGreaterThan(0);
      expect(onBroken).not.toHaveBeenCalled();
    },
  );

  it.each(['EPIPE', 'ECONNRESET'])('takes %s for the end of its parent, once', (code) => {
    const { fd } = pipe();
    const onBroken = jest.fn();
    const write = jest.spyOn(fs, 'writeSync').mockImplementation(() => failing(code));
    new Heartbeat(fd, onBroken).start(INTERVAL_MS);
    jest.advanceTimersByTime(3 * INTERVAL_MS);
    expect(onBroken).toHaveBeenCalledTimes(1);
    expect(write).toHaveBeenCalledTimes(1);
  });

  it('notices by the next beat that its parent is gone', () => {
    const { fd, closeReader } = pipe();
    const onBroken = jest.fn();
    new Heartbeat(fd, onBroken).start(INTERVAL_MS);
    closeReader();
    expect(onBroken).not.toHaveBeenCalled();
    jest.advanceTimersByTime(INTERVAL_MS);
    expect(onBroken).toHaveBeenCalledTimes(1);
  });

  it('writes no more to a closed descriptor, whose number may be reused', () => {
    const { fd } = pipe();
    const onBroken = jest.fn();
    const write = jest.spyOn(fs, 'writeSync').mockImplementation(() => failing('EBADF'));
    new Heartbeat(fd, onBroken).start(INTERVAL_MS);
    jest.advanceTimersByTime(3 * INTERVAL_MS);
    expect(write).toHaveBeenCalledTimes(1);
    expect(onBroken).not.toHaveBeenCalled();
  });
});
