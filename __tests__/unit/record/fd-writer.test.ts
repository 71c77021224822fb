import { FakeClock } from '../../../src/testing/fake-clock';
import { FdWriter, type FdWriterOptions } from '../../../src/record/fd-writer';

/** A descriptor that takes `room` bytes, then fails with `error`. */
class FakeDescriptor {
  taken = '';
  room = Infinity;
  error = 'EAGAIN';
  calls = 0;

  readonly write = (_fd: number, given: Buffer | string): number => {
    const data = Buffer.from(given as string);
    this.calls += 1;
    const count = Math.min(this.room, data.length);
    if (count === 0) throw Object.assign(new Error(this.error), { code: this.error });
    this.room -= count;
    this.taken += data.toString('latin1', 0, count);
    return count;
  };
}

function setUp(options: Partial<FdWriterOptions> = {}) {
  const clock = new FakeClock();
  const descriptor = new FakeDescriptor();
  const writer = new FdWriter(9, {
    maxBufferedBytes: 20,
    dropNotice: (lines) => `dropped ${String(lines)}\n`,
    endsWithReader: false,
    clock,
    write: descriptor.write,
    ...options,
  });
  const write = (text: string): void => writer.write(Buffer.from(text));
  return { clock, descriptor, writer, write };
}

describe('FdWriter', () => {
  // The clock is fake, so a real pause would only waste time.
  beforeEach(() => jest.spyOn(Atomics, 'wait').mockReturnValue('timed-out'));
  afterEach(() => jest.restoreAllMocks());

  it('writes each line at once while the descriptor takes it', () => {
    const { descriptor, write, clock } = setUp();
    write('a\n');
    write('b\n');
    expect(descriptor.taken).toBe('a\nb\n');
    expect(descriptor.calls).toBe(2);
    expect(clock.pending).toBe(0);
  });

  it('queues after a partial write in order, and continues by an unref-ed timer', () => {
    const { descriptor, write, clock, writer } = setUp();
    const after = jest.spyOn(clock, 'after');
    descriptor.room = 3;
    write('12345\n');
    write('6\n');
    write('7\n');
    expect(descriptor.taken).toBe('123');
    expect(after).toHaveBeenCalledWith(5, expect.any(Function), { unref: true });
    descriptor.room = Infinity;
    clock.advance(5);
    expect(descriptor.taken).toBe('12345\n6\n7\n');
    expect(writer.dropped).toBe(0);
  });

  it('retries less and less often for a slow reader', () => {
    const { descriptor, write, clock } = setUp();
    descriptor.room = 0;
    write('a\n');
    for (let ms = 0; ms < 1000; ms += 1) clock.advance(1);
    expect(descriptor.calls).toBeLessThan(16);
    descriptor.room = Infinity;
    clock.advance(100);
    expect(descriptor.taken).toBe('a\n');
  });

  it('continues on a write when a blocked event loop runs no timers', () => {
    const { descriptor, write, clock } = setUp();
    descriptor.room = 0;
    write('a\n');
    jest.spyOn(clock, 'now').mockReturnValue(50);
    descriptor.room = Infinity;
    write('b\n');
    expect(descriptor.taken).toBe('a\nb\n');
  });

  it('drops whole lines beyond the limit and logs their number once there is room', () => {
    const { descriptor, write, clock, writer } = setUp();
    descriptor.room = 0;
    write('0123456789\n');
    write('too long for it\nand more\n');
    write('x\n');
    expect(writer.dropped).toBe(3);
    descriptor.room = Infinity;
    clock.advance(100);
    write('after\n');
    expect(descriptor.taken).toBe('0123456789\ndropped 3\nafter\n');
  });

  it('drops up to the notice, so that the notice stands where the gap is', () => {
    const { descriptor, write, clock } = setUp();
    descriptor.room = 0;
    write('0123456789\n');
    write('0123456789\n');
    descriptor.room = 5;
    clock.advance(5);
    write('fits\n');
    descriptor.room = Infinity;
    clock.advance(100);
    expect(descriptor.taken).toBe('0123456789\ndropped 2\n');
  });

  it.each(['ENOSPC', 'EIO', 'EPIPE'])(
    'keeps for a while what %s refused, and retries each second',
    (error) => {
      const { descriptor, write, clock } = setUp();
      descriptor.error = error;
      descriptor.room = 1;
      write('cut\n');
      for (let i = 0; i < 100; i += 1) write('0123456789\n');
      expect(descriptor.calls).toBe(2);
      descriptor.room = Infinity;
      clock.advance(1000);
      expect(descriptor.taken).toBe('cut\n0123456789\ndropped 99\n');
    },
  );

  it('stops for good when the only possible reader is gone', () => {
    const { descriptor, write, clock, writer } = setUp({ endsWithReader: true });
    descriptor.room = 0;
    descriptor.error = 'EPIPE';
    write('a\n');
    write('b\n');
    expect(descriptor.calls).toBe(1);
    expect(clock.pending).toBe(0);
    expect(writer.dropped).toBe(2);
  });

  it('waits in flushSync for a slow reader until the deadline, but not for a full disk', () => {
    const slow = setUp();
    slow.descriptor.room = 0;
    slow.write('a\n');
    let asked = 0;
    jest.spyOn(slow.clock, 'now').mockImplementation(() => {
      asked += 1;
      if (asked > 8) slow.descriptor.room = Infinity;
      return asked;
    });
    slow.writer.flushSync(1000);
    expect(slow.descriptor.taken).toBe('a\n');

    const slower = setUp();
    slower.descriptor.room = 0;
    slower.write('a\n');
    slower.writer.flushSync(0);
    expect(slower.descriptor.calls).toBe(2);

    const full = setUp();
    full.descriptor.room = 0;
    full.descriptor.error = 'ENOSPC';
    full.write('a\n');
    full.writer.flushSync(1000);
    expect(full.descriptor.calls).toBe(2);
  });

  it('waits in flushSync up to ten times as long for a slow reader that keeps reading', () => {
    const flushed = (readsEachMs: number, bytes: number): string => {
      const { descriptor, clock, write, writer } = setUp();
      descriptor.room = 0;
      write('0123456789'.repeat(bytes / 10));
      let passed = 0;
      jest.spyOn(clock, 'now').mockImplementation(() => {
        passed += 1;
        if (passed % readsEachMs === 0) descriptor.room += 10;
        return passed;
      });
      writer.flushSync(1000);
      return descriptor.taken;
    };
    expect(flushed(500, 100)).toHaveLength(100);
    expect(flushed(500, 1000).length).toBeLessThan(300);
    expect(flushed(1500, 100).length).toBeLessThan(20);
  });

  it('repeats a line from its start on another descriptor, and reports how much of it the old one has', () => {
    const { descriptor, write, writer } = setUp();
    descriptor.error = 'ENOSPC';
    descriptor.room = 9;
    write('12345\nwhole\n');
    expect(writer.halfLineBytes).toBe(3);
    expect(writer.replaceFd(10)).toBe(3);
    expect(writer.halfLineBytes).toBe(0);
    descriptor.taken = '';
    descriptor.room = Infinity;
    writer.flushSync(0);
    expect(descriptor.taken).toBe('whole\n');
    expect(writer.isIdle).toBe(true);
    expect(writer.dropped).toBe(0);
  });

  it.each([
    ['all of it', Infinity, ''],
    ['a part, then the rest', 3, ''],
    ['nothing at first', 0, 'EAGAIN'],
    ['nothing for a second', 0, 'ENOSPC'],
  ])('takes text like bytes when the descriptor takes %s', (_name, room, error) => {
    const { descriptor, write, writer, clock } = setUp();
    descriptor.room = room;
    descriptor.error = error === '' ? 'EAGAIN' : error;
    writer.writeText('é one\n');
    writer.writeText('two\n');
    descriptor.room = Infinity;
    clock.advance(1000);
    write('three\n');
    writer.writeText('');
    expect(Buffer.from(descriptor.taken, 'latin1').toString()).toBe('é one\ntwo\nthree\n');
    expect(writer.isIdle).toBe(true);
  });

  it('reports a refusing descriptor once until it takes something again, but not a slow reader', () => {
    const onRefused = jest.fn();
    const { descriptor, write, clock } = setUp({ onRefused });
    descriptor.room = 0;
    write('a\n');
    clock.advance(100);
    expect(onRefused).not.toHaveBeenCalled();
    descriptor.error = 'ENOSPC';
    clock.advance(5000);
    expect(onRefused.mock.calls).toEqual([[expect.objectContaining({ code: 'ENOSPC' })]]);
    descriptor.room = 4;
    clock.advance(1000);
    write('b\n');
    write('c\n');
    expect(onRefused).toHaveBeenCalledTimes(2);
  });

  it('makes a writer wait that is faster than the reader, instead of dropping lines', () => {
    const { descriptor, write, writer, clock } = setUp({ patienceMs: 250 });
    descriptor.room = 0;
    let now = 0;
    // The reader takes three bytes every ten milliseconds.
    jest.spyOn(clock, 'now').mockImplementation(() => {
      now += 2;
      if (now % 10 === 0) descriptor.room += 3;
      return now;
    });
    for (let line = 0; line < 50; line += 1) write(`line ${String(line).padStart(2, '0')}\n`);
    descriptor.room = Infinity;
    writer.flushSync(1000);
    expect(writer.dropped).toBe(0);
    expect(descriptor.taken.split('\n')).toHaveLength(51);
  });

  it('waits only once for a reader that has stopped reading, then drops', () => {
    const { descriptor, write, writer, clock } = setUp({ patienceMs: 250 });
    descriptor.room = 0;
    let now = 0;
    jest.spyOn(clock, 'now').mockImplementation(() => (now += 2));
    write('0123456789\n');
    write('0123456789\n');
    expect(now).toBeGreaterThan(250);
    const before = now;
    for (let line = 0; line < 10; line += 1) write('x\n');
    expect(now - before).toBeLessThan(100);
    expect(writer.dropped).toBe(11);
  });

  it('hands over everything else', () => {
    const { descriptor, write, writer } = setUp();
    descriptor.room = 0;
    write('a\n');
    writer.replaceFd(10);
    descriptor.room = Infinity;
    writer.flushSync(0);
    expect(descriptor.taken).toBe('a\n');
  });

  it('writes nothing after end()', () => {
    const { descriptor, write, writer, clock } = setUp();
    descriptor.room = 0;
    write('a\n');
    writer.end();
    write('b\n');
    expect(clock.pending).toBe(0);
    expect(writer.dropped).toBe(2);
  });
});
