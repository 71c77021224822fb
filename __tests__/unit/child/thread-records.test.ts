import { ThreadRecords } from '../../../src/child/thread-records';

function setUp(most = 20) {
  const posted: string[] = [];
  const underWay = new Int32Array(new SharedArrayBuffer(4));
  const records = new ThreadRecords({
    post: (text) => posted.push(text),
    underWay,
    dropNotice: (count) => `dropped ${String(count)}\n`,
    most,
  });
  const read = (): void => void Atomics.store(underWay, 0, 0);
  return { posted, underWay, records, read };
}

describe('ThreadRecords', () => {
  it('counts the records in flight', () => {
    const { records, posted, underWay } = setUp();
    records.write('one\n');
    records.write('two\n  more\n');
    expect(posted).toEqual(['one\n', 'two\x1e  more\n']);
    expect(underWay[0]).toBe(15);
  });

  it('waits only once for a blocked server, then drops records and marks the gap', () => {
    const { records, posted, read } = setUp();
    const wait = jest.spyOn(Atomics, 'wait').mockReturnValue('timed-out');
    for (let i = 0; i < 10; i += 1) records.write('0123456\n');
    expect(wait).toHaveBeenCalledTimes(1);
    read();
    records.write('after\n');
    expect(posted).toEqual(['0123456\n', '0123456\n', 'dropped 8\n', 'after\n']);
    wait.mockRestore();
  });

  it('waits while the server keeps reading', () => {
    const { records, posted, underWay } = setUp();
    const wait = jest.spyOn(Atomics, 'wait').mockImplementation(() => {
      Atomics.sub(underWay, 0, 2);
      return 'ok';
    });
    for (let i = 0; i < 10; i += 1) records.write('0123456\n');
    expect(posted).toHaveLength(10);
    wait.mockRestore();
  });

  it('accepts a record above the limit when nothing else is in flight', () => {
    const { records, posted } = setUp();
    records.write(`${'x'.repeat(100)}\n`);
    expect(posted).toHaveLength(1);
  });
});
