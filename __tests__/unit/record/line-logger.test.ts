import { createLineLogger, type LineLogger, type LineLoggerOptions } from '../../../src/record/line-logger';
import { isServerEngineError } from '../../../src/common/errors';
import { LOG_LEVELS, type Logger } from '../../../src/record/logger';

function capture(options: Partial<LineLoggerOptions> = {}): { logger: LineLogger; lines: string[] } {
  const lines: string[] = [];
  const logger = createLineLogger({
    level: 'debug',
    origin: { role: 'worker', workerId: 1, pid: 5 },
    format: 'text',
    color: false,
    now: () => 0,
    write: (text) => void lines.push(text.replace(/^.* \[/, '[').replace('worker=1 pid=5: ', '')),
    ...options,
  });
  return { logger, lines };
}

describe('LineLogger', () => {
  it('has a method for each level', () => {
    const { logger, lines } = capture({ level: 'trace' });
    for (const level of LOG_LEVELS) logger[level](`at ${level}`);
    expect(lines).toEqual(LOG_LEVELS.map((level) => `[${level}] at ${level}\n`));
  });

  it('writes the levels up to its own, with trace below debug', () => {
    const { logger, lines } = capture();
    for (const level of LOG_LEVELS) logger[level]('m');
    expect(lines).toEqual(['[fatal] m\n', '[error] m\n', '[warn] m\n', '[info] m\n', '[debug] m\n']);
    expect(logger.isLevelEnabled('debug')).toBe(true);
    expect(logger.isLevelEnabled('trace')).toBe(false);
    expect(logger.isLevelEnabled('loud')).toBe(false);
  });

  it('does not touch a message that it does not write', () => {
    const { logger } = capture({ level: 'error' });
    const inspected = jest.fn();
    logger.debug({ [Symbol.for('nodejs.util.inspect.custom')]: inspected });
    expect(inspected).not.toHaveBeenCalled();
  });

  it('sets its level by name at run time, also for its children', () => {
    const { logger, lines } = capture();
    const child = logger.child({ a: 1 });
    logger.level = 'WARN';
    expect(child.level).toBe('warn');
    child.info('no');
    child.level = 'info';
    child.info('yes');
    expect(logger.level).toBe('info');
    expect(lines).toEqual(['[info] yes a=1\n']);
  });

  it.each(['loud', '', undefined, 3])(
    'names an unknown level (%j) and the known ones in its error',
    (level) => {
      const { logger } = capture();
      let thrown: unknown;
      try {
        logger.level = level as string;
      } catch (error) {
        thrown = error;
      }
      expect(isServerEngineError(thrown) && thrown.code).toBe('ERR_CONFIG_INVALID');
      const given = typeof level === 'string' ? `'${level}'` : String(level);
      expect((thrown as Error).message).toBe(
        `logLevel must be one of fatal, error, warn, info, debug, trace, got ${given}.`,
      );
      expect(logger.level).toBe('debug');
      expect(() => capture({ level: level as string })).toThrow('logLevel must be one of');
    },
  );

  const error = Object.assign(new Error('boom'), { stack: 'Error: boom' });
  it.each<[string, (logger: Logger) => void, string]>([
    ['info(message, fields)', (l) => l.info('m', { a: 1 }), '[info] m a=1\n'],
    ['info(message, error)', (l) => l.info('m', error), '[info] m\n    Error: boom\n'],
    ['error(error)', (l) => l.error(error), '[error] boom\n    Error: boom\n'],
    ['error(error, fields)', (l) => l.error(error, { a: 1 }), '[error] boom a=1\n    Error: boom\n'],
    ['log(level, message, fields)', (l) => l.log('warn', 'm', { a: 1 }), '[warn] m a=1\n'],
    ['log(level, error)', (l) => l.log('warn', error), '[warn] boom\n    Error: boom\n'],
    ['log(entry)', (l) => l.log({ level: 'warn', message: 'm', a: 1 } as never, undefined), '[warn] m a=1\n'],
    ['log(unknown level)', (l) => l.log('silly', 'm'), '[info] m\n'],
    ['info(message, bare value)', (l) => l.info('port', 8080 as never), '[info] port detail=8080\n'],
    ['info(message, null)', (l) => l.info('m', null as never), '[info] m\n'],
    ['a detached method', ({ info }) => info('m'), '[info] m\n'],
    [
      'child of a child',
      (l) => l.child({ a: 1, b: 1 }).child({ b: 2 }).info('m', { c: 3 }),
      '[info] m a=1 b=2 c=3\n',
    ],
    ['child(error)', (l) => l.child({ error }).info('m'), '[info] m\n    Error: boom\n'],
  ])('supports %s', (_name, call, expected) => {
    const { logger, lines } = capture();
    call(logger);
    expect(lines).toEqual([expected]);
  });

  it('adds its own fields to every record', () => {
    const { logger, lines } = capture({ fields: { app: 'x' } });
    logger.info('m');
    logger.child({ a: 1 }).info('m');
    expect(lines).toEqual(['[info] m app=x\n', '[info] m app=x a=1\n']);
  });

  it('changes level, format and color at run time, also for its children', () => {
    const raw: string[] = [];
    const { logger } = capture({ write: (text) => void raw.push(text) });
    const child = logger.child({ a: 1 });
    logger.applySettings({ format: 'json', level: 'error' });
    child.info('no');
    child.error('m');
    logger.applySettings({ format: 'text', color: true });
    child.error('m');
    expect(JSON.parse(raw[0]!)).toMatchObject({ level: 'error', worker: 1, message: 'm', a: 1 });
    expect(raw[1]).toContain('\x1b[31m[error]');
    expect(raw).toHaveLength(2);
    expect(() => logger.applySettings({ level: 'loud' })).toThrow("got 'loud'");
  });
});
