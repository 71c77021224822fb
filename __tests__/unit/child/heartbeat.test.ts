import fs, { closeSync, constants, openSync, readSync } from 'node:fs';
import { Heartbeat } from '../../../src/child/heartbeat';
import { decodeBeat, type Beat } from '../../../src/process/protocol';
import { makeFifo } from '../../support/fifo';

const INTERVAL_MS = 1000;

/** A pipe as a worker beats into it. Its ends live as long as the test run: the socket in between owns one of them. */
function pipe() {
  const path = makeFifo();
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  return {
    fd,
    closeReader: () => closeSync(reader),
    /** The last of the beats that came since the last look. */
    read: (): Beat | undefined => {
      const buffer = Buffer.alloc(1024);
      return decodeBeat(buffer.subarray(0, readSync(reader, buffer)));
    },
  };
}

function failing(code: string): never {
  throw Object.assign(new Error(code), { code });
}

describe(Heartbeat, () => {
  beforeEach(() => void jest.useFakeTimers({ doNotFake: ['performance'] }));

  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  it.each(['EMFILE', 'ENFILE', 'ENOENT', 'EACCES'])(
    'beats on when the memory cannot be looked at (%s)',
    (code) => {
      const { fd, read } = pipe();
      const onBroken = jest.fn();
      jest.spyOn(process.memoryUsage, 'rss').mockImplementation(() => failing(code));
      new Heartbeat(fd, onBroken).start(INTERVAL_MS);
      expect(read()).toEqual({ rssBytes: undefined });
      expect(onBroken).not.toHaveBeenCalled();
    },
  );

  it('tells the memory of its last look when the next one fails', () => {
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
    'a beat that could not be written (%s) is nobody’s end, and the next one is written',
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

  it('hears of a parent that is really gone by the next beat', () => {
    const { fd, closeReader } = pipe();
    const onBroken = jest.fn();
    new Heartbeat(fd, onBroken).start(INTERVAL_MS);
    closeReader();
    expect(onBroken).not.toHaveBeenCalled();
    jest.advanceTimersByTime(INTERVAL_MS);
    expect(onBroken).toHaveBeenCalledTimes(1);
  });

  it('writes no more to a descriptor that was closed: it may become somebody else’s', () => {
    const { fd } = pipe();
    const onBroken = jest.fn();
    const write = jest.spyOn(fs, 'writeSync').mockImplementation(() => failing('EBADF'));
    new Heartbeat(fd, onBroken).start(INTERVAL_MS);
    jest.advanceTimersByTime(3 * INTERVAL_MS);
    expect(write).toHaveBeenCalledTimes(1);
    expect(onBroken).not.toHaveBeenCalled();
  });
});
