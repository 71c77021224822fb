import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import winston from 'winston';
import { formatRecord } from '../../../src/record/format';
import type { LogRecord } from '../../../src/record/record';
import { makeUserLogger, UserLogger } from '../../../src/winston/user-logger';
import { UserLoggerSink } from '../../../src/winston/user-logger-sink';

type Info = Readonly<Record<string, unknown>>;

/** A winston logger that keeps the input of its transport. */
function memoryLogger(levels: Record<string, number> = winston.config.npm.levels) {
  const infos: Info[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      infos.push(JSON.parse(chunk.toString()) as Info);
      done();
    },
  });
  const finest = Object.keys(levels).at(-1)!;
  const transports = [new winston.transports.Stream({ stream }) as unknown as never];
  return {
    infos,
    logger: winston.createLogger({ levels, level: finest, format: winston.format.json(), transports }),
  };
}

const origin = { role: 'server', pid: 4700 };
const ignore = (): void => {};
const tick = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('a logger of the user (PARITY: logger and logger_class)', () => {
  it('gets the records of the main process with their origin', async () => {
    const { infos, logger } = memoryLogger();
    const { mainLogger } = new UserLogger({ logger, level: 'trace', origin, onFailed: ignore });
    mainLogger.child({ request: 7 }).warn('careful', { a: 1 });
    mainLogger.error('failed', new Error('boom'));
    await tick();
    expect(infos).toEqual([
      expect.objectContaining({
        level: 'warn',
        message: 'careful',
        a: 1,
        request: 7,
        role: 'server',
        pid: 4700,
      }),
      expect.objectContaining({
        level: 'error',
        message: 'failed',
        stack: expect.stringContaining('Error: boom') as unknown,
      }),
    ]);
  });

  it.each([
    ['npm', winston.config.npm.levels, { fatal: 'error', trace: 'silly', debug: 'debug' }],
    ['syslog', winston.config.syslog.levels, { fatal: 'crit', warn: 'warning', trace: 'debug' }],
    [
      'its own',
      { fatal: 0, error: 1, warn: 2, info: 3, debug: 4, trace: 5 },
      { fatal: 'fatal', trace: 'trace' },
    ],
  ])('maps our levels to the nearest of %s', async (_name, levels, expected) => {
    const { infos, logger } = memoryLogger(levels);
    const { mainLogger } = new UserLogger({ logger, level: 'trace', origin, onFailed: ignore });
    for (const level of Object.keys(expected)) mainLogger.log(level, level);
    await tick();
    expect(Object.fromEntries(infos.map(({ message, level }) => [message, level]))).toEqual(expected);
  });

  it('obeys logLevel, which a reload may change', async () => {
    const { infos, logger } = memoryLogger();
    const { mainLogger } = new UserLogger({ logger, level: 'warn', origin, onFailed: ignore });
    mainLogger.info('no');
    mainLogger.applySettings({ level: 'info' });
    mainLogger.info('yes');
    await tick();
    expect(infos.map(({ message }) => message)).toEqual(['yes']);
  });

  it('has winston’s own members, and accepts direct writes', async () => {
    const { infos, logger } = memoryLogger();
    const { mainLogger } = new UserLogger({ logger, level: 'debug', origin, onFailed: ignore });
    expect(mainLogger.transports).toHaveLength(1);
    mainLogger.write({ level: 'info', message: 'by write' });
    await tick();
    expect(infos).toEqual([expect.objectContaining({ message: 'by write', role: 'server' })]);
  });

  it('gets the records of children as they were logged', async () => {
    const { infos, logger } = memoryLogger();
    const user = new UserLogger({ logger, level: 'debug', origin, onFailed: ignore });
    const sink = new UserLoggerSink((record) => user.write(record));
    const record: LogRecord = {
      timeMs: 1000,
      level: 'info',
      message: 'two\nlines é',
      fields: { pid: 3, list: [1, 2] },
      origin: { role: 'worker', workerId: 2, generation: 3, pid: 4711 },
    };
    const line = formatRecord(record, { format: 'json', color: false });
    sink.writeRecords(Buffer.from(line + line));
    sink.write('no JSON\n');
    await tick();
    const expected = {
      timestamp: '1970-01-01T00:00:01.000Z',
      role: 'worker',
      worker: 2,
      generation: 3,
      pid: 4711,
      level: 'info',
      message: 'two\nlines é',
      pid_: 3,
      list: [1, 2],
    };
    expect(infos).toEqual([
      expected,
      expected,
      expect.objectContaining({ message: 'no JSON', level: 'info' }),
    ]);
  });

  it('is told of its failures, which do not propagate', () => {
    const failed: string[] = [];
    const logger = {
      log: () => {
        throw new Error('broken');
      },
      write: ignore,
    };
    const { mainLogger } = new UserLogger({
      logger,
      level: 'debug',
      origin,
      onFailed: (reason) => failed.push(reason),
    });
    mainLogger.info('x');
    expect(failed).toEqual(['broken']);
  });

  it('has written everything to its file at its end', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'user-logger-'));
    const filename = join(folder, 'own.log');
    const logger = winston.createLogger({
      transports: [new winston.transports.File({ filename })],
    });
    const user = new UserLogger({ logger, level: 'debug', origin, onFailed: ignore });
    // Few lines: end() waits a second at most, and a busy machine wrote 318 in that.
    for (let line = 0; line < 50; line += 1) user.mainLogger.info(`line ${String(line)}`);
    await user.end();
    expect(readFileSync(filename, 'utf8').trimEnd().split('\n')).toHaveLength(50);
    rmSync(folder, { recursive: true });
  });

  it('must be a winston logger when loggerClass makes it', () => {
    const made = memoryLogger().logger;
    class Good {
      constructor(readonly options: { log: string }) {
        return made as never;
      }
    }
    expect(makeUserLogger(Good as never, { log: 'x' })).toBe(made);
    class Bad {}
    expect(() => makeUserLogger(Bad, {})).toThrow('loggerClass: an instance of Bad must be a winston logger');
  });
});
