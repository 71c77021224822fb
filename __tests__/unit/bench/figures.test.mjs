import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compare, median, percentile, show, showRatios } from '../../../bench/lib/figures.mjs';
import { RateSchedule, RateTally } from '../../../bench/lib/rate-schedule.mjs';
import { sumOf } from '../../../bench/lib/syscalls.mjs';
import { countLines } from '../../../bench/measures/logs.mjs';
import { summarize } from '../../../bench/measures/restarts.mjs';

test('median is the middle value, or the mean of the two middle values', () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([10, 1, 5, 2]), 3.5);
  assert.equal(median([7]), 7);
});

test('percentile is a measured value', () => {
  const hundred = Array.from({ length: 100 }, (_none, index) => index + 1);
  assert.deepEqual(
    [0, 50, 99, 100].map((percent) => percentile(hundred, percent)),
    [1, 50, 99, 100],
  );
  assert.equal(percentile([3], 99), 3);
  assert.equal(percentile([], 99), undefined);
});

test('compare works round by round, where both have a value', () => {
  assert.deepEqual(compare([10, undefined, 30], [5, 5, 10], 'ratio'), [2, 3]);
  assert.deepEqual(compare([10, 20], [5], 'difference'), [5]);
});

test('show prints the spread only where there is one', () => {
  assert.equal(show([445.4], 'ms'), '445 ms');
  assert.equal(show([12_345, 9000, 9999], '/s'), '9 999 /s (9 000 to 12 345)');
  assert.equal(show([0.0123, 0.02, 0.03], '%'), '0.0200 % (0.0123 to 0.0300)');
  assert.equal(showRatios([2, 1, 3]), '2.00× (1.00 to 3.00)');
});

test('a fixed rate counts each request from its due time, however late it is taken', () => {
  const schedule = new RateSchedule(100, 1000);
  assert.deepEqual([...schedule.takeDue(999)], []);
  assert.deepEqual(
    [...schedule.takeDue(1025)].map(({ number, dueAt }) => [number, dueAt]),
    [
      [0, 1000],
      [1, 1010],
      [2, 1020],
    ],
  );
  assert.equal(schedule.nextAt, 1030);
});

test('a fixed rate reports counts and percentiles', () => {
  const tally = new RateTally();
  for (const latencyMs of [3, 1, 2, 100]) tally.answered(latencyMs);
  tally.failed('refused: ECONNREFUSED');
  tally.again += 1;
  assert.deepEqual(tally.report(), {
    asked: 5,
    again: 1,
    failed: 1,
    failures: { 'refused: ECONNREFUSED': 1 },
    p50: 2,
    p99: 100,
    max: 100,
  });
});

test('log lines count when they are complete and distinct', () => {
  const line = (number) => `line 0-${number} `.padEnd(100, 'x');
  assert.equal(countLines(`a ${line(1)}\nb ${line(2)}\nb ${line(2)}\nc ${line(3).slice(0, 50)}\nother`), 2);
});

test('failed requests of a killed process count only when refused, and each kind with failures is named', () => {
  const kind = { refused: 1, reset: 2, lost: 3, twice: 4, asked: { short: 50, udp: 50 } };
  const none = { refused: 0, reset: 0, lost: 0, twice: 0, asked: {} };
  assert.deepEqual(
    summarize([
      { ...kind, name: 'restart', isGraceful: true, failures: ['one', 'two'] },
      { ...none, name: 'reload', isGraceful: true, failures: [] },
      { ...kind, name: 'kill', isGraceful: false },
    ]),
    { failed: 11, asked: 200, kinds: 3, failures: { 'restart: one; two': 10, kill: 1 } },
  );
});

test('sumOf adds up the calls in a table of strace, without waiting and the heap', () => {
  const table = [
    '% time     seconds  usecs/call     calls    errors syscall',
    '------ ----------- ----------- --------- --------- ----------------',
    ' 50.00    0.010000          10      1000           writev',
    ' 30.00    0.005000           5       700       100 read',
    ' 20.00    0.001000           5       200           epoll_pwait',
    '------ ----------- ----------- --------- --------- ----------------',
    '100.00    0.016000           8      1900       100 total',
  ];
  assert.equal(sumOf(table.join('\n')), 1700);
});
