import { isWanted, LogEntries, shown, type LogFilter } from '../../../src/cli/log-entry';
import { plain } from '../../../src/cli/screen';
import { formatJson } from '../../../src/record/format-json';
import { formatText } from '../../../src/record/format-text';
import type { LogRecord } from '../../../src/record/record';

const TIME = Date.UTC(2026, 10, 22, 15, 28);

function record(
  more: Partial<LogRecord> & { readonly worker?: number; readonly group?: string } = {},
): LogRecord {
  const { worker: workerId, group, ...rest } = more;
  const origin = {
    role: workerId === undefined ? 'server' : 'worker',
    pid: 47,
    ...(workerId === undefined ? {} : { workerId }),
    ...(group === undefined ? {} : { group }),
  };
  return { timeMs: TIME, level: 'info', origin, message: 'hello: [there]', fields: {}, ...rest };
}

const linesOf = (text: string): string[] => text.replace(/\n$/, '').split('\n');

const RECORDS = [
  record({ worker: 0, group: 'web', level: 'error', fields: { error: new Error('broken') } }),
  record({ worker: 2, level: 'warn', fields: { word: 'two words' } }),
  record({ level: 'debug' }),
];

describe.each(['text', 'json'] as const)('an entry of a %s log', (format) => {
  const write = (one: LogRecord): string => (format === 'text' ? formatText(one, false) : formatJson(one));
  const read = (): ReturnType<LogEntries['flush']> => {
    const entries = new LogEntries(format);
    const lines = RECORDS.flatMap((one) => linesOf(write(one)));
    return [...lines.flatMap((line) => entries.push([line])), ...entries.flush()];
  };

  it('is parsed into the records that were written', () => {
    expect(read().map(({ level, group, worker }) => ({ level, group, worker }))).toEqual([
      { level: 'error', group: 'web', worker: 0 },
      { level: 'warn', group: undefined, worker: 2 },
      { level: 'debug', group: undefined, worker: undefined },
    ]);
    expect(read().map(({ data }) => data['pid'])).toEqual([47, 47, 47]);
    expect(String(read()[1]?.data['message'])).toMatch(/^hello: \[there\]/);
  });

  it.each<[LogFilter, readonly number[]]>([
    [{}, [0, 1, 2]],
    [{ level: 'warn' }, [0, 1]],
    [{ worker: 2 }, [1]],
    [{ group: 'web' }, [0]],
    [{ group: 'web', onlyGroup: 'web' }, [0, 1]],
    [{ group: 'web', worker: 0, level: 'fatal' }, []],
  ])('passes the filters of %j', (filter, passed) => {
    expect(read().flatMap((entry, index) => (isWanted(entry, filter) ? [index] : []))).toEqual(passed);
  });

  it('is shown as text with its stack', () => {
    const text = read()
      .map((entry) => shown(entry, format, plain))
      .join('\n');
    expect(text).toMatch(/\[error\] worker=web\/0 pid=47: hello: \[there\]/);
    expect(text).toMatch(/\[debug\] server pid=47: hello: \[there\]/);
    expect(text).toContain('broken');
  });
});

describe(shown, () => {
  it.each(['text', 'json'] as const)('removes terminal control sequences (%s)', (format) => {
    const text = format === 'json' ? '{"level":"info","message":"\\u001b[2J"}' : 'odd \u001b[2J';
    const entries = new LogEntries(format);
    const [entry] = [...entries.push([text]), ...entries.flush()];
    expect(shown(entry!, format, plain)).toContain('\\x1b[2J');
  });
});

describe(LogEntries, () => {
  it.each(['text', 'json'] as const)(
    'passes on other lines unchanged unless a level is given (%s)',
    (format) => {
      const entries = new LogEntries(format);
      const [entry] = [...entries.push(['{"half']), ...entries.flush()];
      expect(shown(entry!, format, plain)).toBe('{"half');
      expect(isWanted(entry!, {})).toBe(true);
      expect(isWanted(entry!, { level: 'trace' })).toBe(false);
    },
  );
});
