import fc from 'fast-check';
import { stripVTControlCharacters } from 'node:util';
import { runInNewContext } from 'node:vm';
import { formatRecord } from '../../../src/record/format';
import type { LogFields } from '../../../src/record/logger';
import type { LogOrigin, LogRecord } from '../../../src/record/record';
import { formatTimestamp } from '../../../src/record/timestamp';
import { runProgram } from './programs/run';
import { unicode } from '../../support/unicode';

const TIME = Date.UTC(2026, 10, 22, 15, 28, 0, 123);
const WORKER: LogOrigin = { role: 'worker', workerId: 0, pid: 4711 };
const SERVER: LogOrigin = { role: 'server', pid: 4700 };
const STAMP = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [+-]\d{4} \[(fatal|error|warn|info|debug|trace)\] /;

function record(message: unknown, fields?: LogFields, origin = WORKER): LogRecord {
  return { timeMs: TIME, level: 'info', message, fields, origin };
}

function text(message: unknown, fields?: LogFields, origin?: LogOrigin): string {
  return formatRecord(record(message, fields, origin), { format: 'text', color: false });
}

/** The text after the time stamp. */
function body(message: unknown, fields?: LogFields): string {
  return text(message, fields).replace(STAMP, '').replace('worker=0 pid=4711: ', '');
}

function json(message: unknown, fields?: LogFields, origin?: LogOrigin): Record<string, unknown> {
  const line = formatRecord(record(message, fields, origin), { format: 'json', color: false });
  expect(line.indexOf('\n')).toBe(line.length - 1);
  return JSON.parse(line) as Record<string, unknown>;
}

function errorWith(message: string, stack: string, options?: ErrorOptions): Error {
  return Object.assign(new Error(message, options), { stack });
}

const cyclic: Record<string, unknown> = { name: 'loop', twice: [1, 1] };
cyclic['self'] = { inner: cyclic };
const throwing = {
  get bad(): never {
    throw new Error('no');
  },
};

describe('formatRecord as text', () => {
  it('starts with local time, level and worker id and pid', () => {
    expect(text('message')).toBe(`${formatTimestamp(TIME)} [info] worker=0 pid=4711: message\n`);
  });

  it('names the role of a process that is not a worker', () => {
    expect(text('up', undefined, SERVER)).toContain(' [info] server pid=4700: up\n');
  });

  it.each<[string, unknown, LogFields | undefined, string]>([
    ['a bare value', 'm', { key: 'value', n: 1, ok: true }, 'm key=value n=1 ok=true\n'],
    ['a value with a space in quotes', 'm', { other: 'with space' }, 'm other="with space"\n'],
    [
      'quotes, equal signs and the empty string in quotes',
      'm',
      { a: 'a"b', b: 'c=d', c: '' },
      'm a="a\\"b" b="c=d" c=""\n',
    ],
    ['a newline in a value as an escape', 'm', { a: 'x\ny' }, 'm a="x\\ny"\n'],
    ['an unusual key in quotes', 'm', { 'a key\n': 1 }, 'm "a key\\n"=1\n'],
    ['nothing for an undefined field', 'm', { a: undefined, b: null }, 'm b=null\n'],
    ['a BigInt', 'm', { big: 12345678901234567890n }, 'm big=12345678901234567890\n'],
    [
      'a date',
      'm',
      { at: new Date(0), bad: new Date(Number.NaN) },
      'm at=1970-01-01T00:00:00.000Z bad=invalid\n',
    ],
    ['an object as JSON', 'm', { o: { a: [1, 2n] } }, 'm o={"a":[1,"2"]}\n'],
    ['a cycle', 'm', { o: cyclic }, 'm o={"name":"loop","twice":[1,1],"self":{"inner":"[Circular]"}}\n'],
    ['a function and a symbol', 'm', { f: Math.max, s: Symbol('x') }, 'm f="[Function: max]" s=Symbol(x)\n'],
    ['a throwing getter', 'm', throwing, 'm bad=[unreadable]\n'],
    ['a nested throwing getter', 'm', { o: throwing }, 'm o="[unreadable: no]"\n'],
    ['an object as the message', { a: { b: 1 } }, undefined, '{ a: { b: 1 } }\n'],
    ['undefined as the message', undefined, undefined, 'undefined\n'],
    [
      'the lines of a message, indented, after its fields',
      'one\ntwo\r\nthree\n',
      { k: 1 },
      'one k=1\n    two\n    three\n',
    ],
    [
      'ESC, BEL, CR and NUL visibly',
      '\x1b[31mred\x07\rover\0',
      undefined,
      '\\x1b[31mred\\x07\\x0dover\\x00\n',
    ],
    [
      'C1 controls, DEL and Unicode line breaks visibly',
      '\x9b1m\x7f\u2028',
      { v: '\x9b' },
      '\\x9b1m\\x7f\\u2028 v="\\x9b"\n',
    ],
    ['a tab and letters of any script unchanged', 'a\tż漢🙂', undefined, 'a\tż漢🙂\n'],
  ])('writes %s', (_name, message, fields, expected) => {
    expect(body(message, fields)).toBe(expected);
  });

  it('writes the message of an error, then its stack, indented', () => {
    const error = errorWith('boom', 'Error: boom\n    at f (a.js:1:2)');
    expect(body(error, { id: 7 })).toBe('boom id=7\n    Error: boom\n        at f (a.js:1:2)\n');
  });

  it('writes the stack of an error field under its name, unless that is error', () => {
    const error = errorWith('boom', 'Error: boom\n    at f');
    expect(body('failed', { error })).toBe('failed\n    Error: boom\n        at f\n');
    expect(body('failed', { reason: error, n: 1 })).toBe(
      'failed n=1\n    reason: Error: boom\n        at f\n',
    );
  });

  it('writes the causes of an error and its aggregated errors', () => {
    const inner = errorWith('inner', 'Error: inner\n    at g', { cause: 'a string' });
    const outer = errorWith('outer', 'Error: outer\n    at f', { cause: inner });
    expect(body('m', { error: outer })).toBe(
      "m\n    Error: outer\n        at f\n    Caused by: Error: inner\n        at g\n    Caused by: 'a string'\n",
    );
    const both = Object.assign(new AggregateError([inner]), { stack: 'AggregateError' });
    expect(body(both)).toContain('AggregateError\n    AggregateError\n    Including: Error: inner\n');
  });

  it('survives an error that is its own cause, has no stack or throws when read', () => {
    const own = errorWith('own', 'Error: own');
    own.cause = { own };
    const circle = errorWith('a', 'Error: a');
    circle.cause = errorWith('b', 'Error: b', { cause: circle });
    const bare = new Error('bare');
    delete bare.stack;
    const hostile = Object.defineProperty(new Error('hostile'), 'stack', {
      get: () => {
        throw new Error('no');
      },
    });
    expect(body(own)).toMatch(/Caused by: .*\{ own: /);
    expect(body(circle).length).toBeLessThan(1000);
    expect(body(bare)).toBe('bare\n    Error: bare\n');
    expect(body(hostile)).toBe('hostile\n    [unreadable error]\n');
    for (const error of [own, circle, bare, hostile]) expect(json('m', { error })['message']).toBe('m');
  });

  it('recognizes an error of another realm', () => {
    expect(body(runInNewContext('new TypeError("foreign")'))).toMatch(/^foreign\n {4}TypeError: foreign\n/);
  });

  it('colors level, time and fields for a terminal, and still escapes colors in the text', () => {
    const line = formatRecord(
      { ...record('\x1b[1mhi', { k: 1 }), level: 'error' },
      { format: 'text', color: true },
    );
    const stamp = formatTimestamp(TIME);
    expect(line).toBe(
      `\x1b[2m${stamp}\x1b[0m \x1b[31m[error]\x1b[0m worker=0 pid=4711: \\x1b[1mhi\x1b[2m k=1\x1b[0m\n`,
    );
  });

  it('never writes a physical line that could pass for another record', () => {
    const nasty = fc.oneof(
      unicode(),
      fc.constantFrom('\n', '\r\n', '\r', '\x1e', '\u2028', '\x85', text('forged'), `x\n${text('forged')}`),
    );
    const message = fc.array(nasty, { maxLength: 6 }).map((parts) => parts.join(''));
    const error = fc.tuple(message, message).map(([m, stack]) => errorWith(m, stack));
    const value = fc.oneof(message, error, fc.anything({ withBigInt: true, withDate: true }));
    const anyMessage = fc.oneof(message, error);
    fc.assert(
      fc.property(anyMessage, fc.dictionary(message, value), fc.boolean(), (given, fields, color) => {
        const whole = formatRecord(record(given, fields), { format: 'text', color });
        expect(whole.endsWith('\n')).toBe(true);
        const [first = '', ...rest] = whole.slice(0, -1).split('\n');
        expect(first).toContain(' worker=0 pid=4711: ');
        for (const line of rest) expect(line.startsWith('    ') || line.startsWith('\x1b[2m')).toBe(true);
        const plain = stripVTControlCharacters(whole);
        expect(plain).not.toMatch(/[^\P{Cc}\t\n]|[\u2028\u2029]/u);
        for (const line of plain.split('\n').slice(1, -1)) expect(line.startsWith('    ')).toBe(true);
      }),
    );
  });
});

describe('formatRecord as JSON', () => {
  it('has time, level, role, worker, pid and message, then the fields', () => {
    expect(json('m', { a: 1, gone: undefined, f: () => 1 })).toEqual({
      time: '2026-11-22T15:28:00.123Z',
      level: 'info',
      role: 'worker',
      worker: 0,
      pid: 4711,
      message: 'm',
      a: 1,
    });
    expect(json('m', undefined, SERVER)).not.toHaveProperty('worker');
  });

  it('has an error with name, message, stack, code and cause, as message or field', () => {
    const error = Object.assign(errorWith('no file', 'Error: no file', { cause: new TypeError('t') }), {
      code: 'ENOENT',
    });
    const expected = {
      name: 'Error',
      message: 'no file',
      stack: 'Error: no file',
      code: 'ENOENT',
      cause: expect.objectContaining({ name: 'TypeError', message: 't' }) as unknown,
    };
    expect(json(error)).toMatchObject({ message: 'no file', error: expected });
    expect(json('open failed', { error })).toMatchObject({ message: 'open failed', error: expected });
    expect(json('open failed', { deep: [{ error }] })).toMatchObject({ deep: [{ error: expected }] });
  });

  it('renames a field that would overwrite a key of the record', () => {
    expect(json('m', { pid: 1, level: 'fatal', time: 't' })).toMatchObject({
      pid: 4711,
      level: 'info',
      pid_: 1,
      level_: 'fatal',
      time_: 't',
    });
    expect(json(new Error('a'), { error: 'b' })).toMatchObject({ error: { message: 'a' }, error_: 'b' });
  });

  it('survives cycles, BigInt, throwing getters and __proto__', () => {
    expect(json('m', { o: cyclic })['o']).toMatchObject({ self: { inner: '[Circular]' } });
    expect(json('m', { n: 5n })['n']).toBe('5');
    expect(json('m', throwing)['bad']).toBe('[unreadable]');
    expect(json('m', { o: throwing })['o']).toBe('[unreadable: no]');
    expect(
      formatRecord(record('m', JSON.parse('{"__proto__":1}') as LogFields), { format: 'json', color: false }),
    ).toContain('"__proto__":1');
  });

  it('is one line of valid JSON without control characters, for any record', () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
    });
    const message = fc.oneof(unicode(), anything);
    fc.assert(
      fc.property(message, fc.dictionary(unicode(), anything), (given, fields) => {
        const parsed = json(given, fields);
        expect(parsed['pid']).toBe(4711);
        if (typeof given === 'string') expect(parsed['message']).toBe(Buffer.from(given).toString());
      }),
    );
    expect(formatRecord(record('\x9b\u2028\x7f'), { format: 'json', color: false })).toContain(
      '\\u009b\\u2028\\u007f',
    );
  });
});

describe('formatTimestamp', () => {
  it('shows local time with its offset', async () => {
    const expected = {
      UTC: ['2026-11-22 15:28:00.123 +0000', '2026-07-01 00:00:00.000 +0000'],
      'Asia/Kolkata': ['2026-11-22 20:58:00.123 +0530', '2026-07-01 05:30:00.000 +0530'],
      'America/New_York': ['2026-11-22 10:28:00.123 -0500', '2026-06-30 20:00:00.000 -0400'],
    };
    const asked = { zones: Object.keys(expected), times: [TIME, Date.UTC(2026, 6, 1)] };
    // jest's own process.env does not change the zone of the process.
    const { stdout } = await runProgram('timezone', [JSON.stringify(asked)]);
    expect(JSON.parse(stdout)).toEqual(expected);
  });

  it('counts seconds forward and back, also before 1970, and survives an invalid time', () => {
    expect(formatTimestamp(1999).slice(17, 23)).toBe('01.999');
    expect(formatTimestamp(2000).slice(17, 23)).toBe('02.000');
    expect(formatTimestamp(1001.9).slice(17, 23)).toBe('01.001');
    expect(formatTimestamp(-1).slice(17, 23)).toBe('59.999');
    expect(formatTimestamp(Number.NaN)).toBe(formatTimestamp(0));
  });
});
