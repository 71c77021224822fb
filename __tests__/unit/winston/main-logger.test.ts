import { Writable } from 'node:stream';
import winston from 'winston';
import type { LogSink } from '../../../src/record/log-sink';
import { LOG_LEVELS, type Logger } from '../../../src/record/logger';
import { createMainLogger, type MainLogger } from '../../../src/winston/main-logger';

class FakeSink implements LogSink {
  writeRecords(): void {}

  readonly isTerminal = false;
  readonly target = 'file';
  lines: string[] = [];
  flushes = 0;
  dropNotice: ((lines: number) => string) | undefined;

  write(chunk: string | Buffer): void {
    this.lines.push(chunk.toString().replace(/^\S+ \S+ \S+ /, ''));
  }
  flush(): void {
    this.flushes += 1;
  }
  setDropNotice(notice: (lines: number) => string): void {
    this.dropNotice = notice;
  }
  reopen(): void {}
  close(): void {}
}

async function setUp(level = 'debug'): Promise<{ logger: MainLogger; sink: FakeSink }> {
  const sink = new FakeSink();
  const origin = { role: 'server', pid: 4700 };
  return {
    sink,
    logger: createMainLogger({ level, origin, format: 'text', color: false, sink, now: () => 0 }),
  };
}

/** A transport of winston that keeps its input. */
function memoryTransport(options: { level?: string; format?: winston.Logform.Format } = {}) {
  const texts: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      texts.push(chunk.toString());
      done();
    },
  });
  // Winston's own types do not accept its transports as Transports.
  const transport = new winston.transports.Stream({ stream, ...options }) as unknown as never;
  return { texts, transport };
}

const tick = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
const error = Object.assign(new Error('boom'), { stack: 'Error: boom' });

describe('the logger of the main process', () => {
  it('writes every level to the sink before the call returns', async () => {
    const { logger, sink } = await setUp('trace');
    for (const level of LOG_LEVELS) logger[level]('m', { a: 1 });
    expect(sink.lines).toEqual(LOG_LEVELS.map((level) => `[${level}] server pid=4700: m a=1\n`));
  });

  it.each<[string, (logger: Logger) => void, string]>([
    ['error(message, error)', (l) => l.error('m', error), '[error] server pid=4700: m\n    Error: boom\n'],
    ['error(error)', (l) => l.error(error), '[error] server pid=4700: boom\n    Error: boom\n'],
    ['log(level, message, fields)', (l) => l.log('warn', 'm', { a: 1 }), '[warn] server pid=4700: m a=1\n'],
    [
      'child().child()',
      (l) => l.child({ a: 1 }).child({ b: 2 }).info('m'),
      '[info] server pid=4700: m a=1 b=2\n',
    ],
    [
      'a message field that winston itself would mix up',
      (l) => l.info('m', { message: 'x' }),
      '[info] server pid=4700: m message=x\n',
    ],
  ])('handles %s like the line logger', async (_name, call, expected) => {
    const { logger, sink } = await setUp();
    call(logger);
    expect(sink.lines).toEqual([expected]);
  });

  it('flushes the sink after error and fatal, not after the others', async () => {
    const { logger, sink } = await setUp();
    logger.warn('m');
    expect(sink.flushes).toBe(0);
    logger.error('m');
    logger.fatal('m');
    expect(sink.flushes).toBe(2);
  });

  it('sets its level by name at run time, and an unknown level is an error that names it (PARITY: level set by name)', async () => {
    const { logger, sink } = await setUp();
    const child = logger.child({ a: 1 });
    logger.level = 'warn';
    child.info('no');
    expect(child.isLevelEnabled('info')).toBe(false);
    child.level = 'info';
    logger.info('yes');
    expect(sink.lines).toHaveLength(1);
    expect(() => (logger.level = 'loud')).toThrow("got 'loud'");
    await expect(setUp('loud')).rejects.toThrow("got 'loud'");
  });

  it('changes format and sink at run time (PARITY: the path and level of the log follow a reload)', async () => {
    const { logger, sink } = await setUp();
    const other = new FakeSink();
    const child = logger.child({ a: 1 });
    logger.applySettings({ format: 'json', sink: other, level: 'error' });
    child.info('no');
    child.error('m');
    expect(sink.lines).toEqual([]);
    expect(sink.flushes).toBe(1);
    expect(JSON.parse(other.lines[0]!)).toMatchObject({ role: 'server', message: 'm', a: 1 });
    expect(JSON.parse(other.dropNotice!(7))).toMatchObject({
      level: 'warn',
      message: 'log lines dropped',
      lines: 7,
    });
  });

  it('is a winston logger: added transports get our lines, or their own format', async () => {
    const { logger, sink } = await setUp();
    const plain = memoryTransport();
    const own = memoryTransport({ format: winston.format.json() });
    logger.add(plain.transport).add(own.transport);
    logger.child({ a: 1 }).error('m', error);
    await tick();
    expect(sink.lines).toHaveLength(1);
    expect(plain.texts[0]).toContain('[error] server pid=4700: m a=1\n    Error: boom');
    expect(JSON.parse(own.texts[0]!)).toMatchObject({
      level: 'error',
      message: 'm',
      a: 1,
      stack: 'Error: boom',
    });
    logger.remove(plain.transport);
    logger.info('again');
    await tick();
    expect(plain.texts).toHaveLength(1);
    expect(own.texts).toHaveLength(2);
  });

  it('passes records below its own level to a transport with a finer one', async () => {
    const { logger, sink } = await setUp('info');
    const { texts, transport } = memoryTransport({ level: 'trace' });
    logger.add(transport);
    logger.trace('m');
    await tick();
    expect(sink.lines).toEqual([]);
    expect(texts).toHaveLength(1);
  });

  it('accepts winston’s other inputs: write(), profile(), a stream piped into it', async () => {
    const { logger, sink } = await setUp();
    const { texts, transport } = memoryTransport();
    logger.add(transport);
    logger.write({ level: 'warn', message: 'm', a: 1 });
    logger.write('GET / 200\n');
    logger.write({ level: 'trace', message: 'no' });
    await new Promise<void>(
      (resolve) => void logger.write({ level: 'info', message: 'called' }, () => resolve()),
    );
    logger.startTimer().done({ message: 'timed' });
    await tick();
    expect(sink.lines.slice(0, 3)).toEqual([
      '[warn] server pid=4700: m a=1\n',
      '[info] server pid=4700: GET / 200\n',
      '[info] server pid=4700: called\n',
    ]);
    expect(sink.lines[3]).toMatch(/^\[info\] server pid=4700: timed durationMs=\d+\n$/);
    expect(texts).toHaveLength(4);
  });

  it('survives a transport that throws or fails, and logs that', async () => {
    const { logger, sink } = await setUp();
    const { transport } = memoryTransport();
    const broken = Object.assign(transport as Writable, {
      log: () => {
        throw new Error('transport broke');
      },
    });
    logger.add(transport);
    await tick();
    logger.info('one');
    broken.emit('error', new Error('socket closed'));
    logger.info('two');
    await tick();
    const text = sink.lines.join('');
    expect(text).toContain('server pid=4700: one\n');
    expect(text).toContain('server pid=4700: two\n');
    expect(text).toContain('log transport failed\n    Error: transport broke');
    expect(text).toContain('log transport failed\n    Error: socket closed');
  });

  it('writes nothing when silenced', async () => {
    const { logger, sink } = await setUp();
    logger.silent = true;
    logger.error('m');
    expect(sink.lines).toEqual([]);
    expect(logger.isLevelEnabled('error')).toBe(false);
  });
});
