import { formatRecord } from '../../../src/record/format';
import { isMatch, parseRecord, type RecordTest } from '../../support/log-records';

const record = parseRecord(
  formatRecord(
    {
      timeMs: 1000,
      level: 'info',
      origin: { role: 'worker', workerId: 1, pid: 7, generation: 2 },
      message: 'worker 3 finished with status 0',
      fields: { pid: 42, generation: 5, reason: 'stop', worker: 'x', changed: ['a'] },
    },
    { format: 'json', color: false },
  ).trimEnd(),
)!;

describe('a record of the log', () => {
  it('is parsed as it was logged, with fields by their own names', () => {
    expect(record).toEqual({
      time: 1000,
      level: 'info',
      role: 'worker',
      pid: 7,
      worker: 1,
      message: 'worker 3 finished with status 0',
      fields: { pid: 42, generation: 5, reason: 'stop', worker: 'x', changed: ['a'] },
    });
  });

  it('does not include output that bypasses the log', () => {
    expect(parseRecord('Warning: something')).toBeUndefined();
  });

  it.each<RecordTest>([
    '3 finished',
    /^worker \d finished/,
    { message: 'finished', reason: 'stop' },
    { reason: /^st/, level: 'info', role: 'worker', worker: 1, writtenBy: 7, pid: 42 },
    { changed: ['a'] },
    {},
  ])('matches %p', (test) => {
    expect(isMatch(record, test)).toBe(true);
  });

  it.each<RecordTest>([
    '4 finished',
    /^finished/,
    { message: 'finished', reason: 'restart' },
    { level: 'warn' },
    { writtenBy: 42 },
    { pid: 7 },
    { unknown: 1 },
  ])('does not match %p', (test) => {
    expect(isMatch(record, test)).toBe(false);
  });
});
