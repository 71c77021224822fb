import fs, { closeSync, constants, openSync, readSync } from 'node:fs';
import { Heartbeat } from '../../../src/child/heartbeat';
import { decodeBeat, type Beat } from '../../../src/protocol/protocol';
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

/** As the end of a socket pair: it can be read, too, and is not at its end. */
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

describe('Heartbeat with a board', () => {
  beforeEach(() => void jest.useFakeTimers({ doNotFake: ['performance'] }));

  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  it('says hello in the pipe, and beats on the board alone from then on', () => {
    const fd = openBothWays();
    const { late, write } = board();
    const piped = jest.spyOn(fs, 'writeSync');
    new Heartbeat(fd, () => {}, { write }).start(INTERVAL_MS);
    jest.advanceTimersByTime(3 * INTERVAL_MS);
    expect(late).toHaveLength(4);
    expect(piped).toHaveBeenCalledTimes(1);
  });

  it('says hello until the pipe takes it', () => {
    const fd = openBothWays();
    const piped = jest.spyOn(fs, 'writeSync').mockImplementationOnce(() => failing('EAGAIN'));
    new Heartbeat(fd, () => {}, board()).start(INTERVAL_MS);
    jest.advanceTimersByTime(3 * INTERVAL_MS);
    expect(piped).toHaveBeenCalledTimes(2);
  });

  it('beats into the pipe for as long as the board takes nothing', () => {
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

  it('hears of the end of its parent from the pipe, though it writes nothing into it', async () => {
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
