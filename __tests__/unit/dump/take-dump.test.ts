import fs, { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type v8 from 'node:v8';
import { systemClock } from '../../../src/common/clock';
import { dumpName, takeDump, type DumpRequest } from '../../../src/dump/take-dump';
import { tempDir } from '../../support/temp-dir';
import { fakeLogger } from '../contract/fake-logger';

// A real snapshot of jest's heap takes half a minute. Integration tests write real ones.
jest.mock('node:v8', () => ({
  ...jest.requireActual<typeof v8>('node:v8'),
  writeHeapSnapshot: (path: string) => {
    writeFileSync(path, '{"snapshot":{}}', { mode: 0o644 });
    return path;
  },
}));

function setUp(settings: { dir?: string; heap?: boolean } = {}) {
  const dir = settings.dir ?? tempDir();
  const logger = fakeLogger();
  const request: DumpRequest = {
    who: { role: 'server' },
    settings: {
      dir,
      heap: settings.heap ?? false,
      visible: { fields: { url: true }, rest: false },
    },
    stack: 'at somewhere',
    config: {
      engine: { logLevel: 'info', pidPath: undefined },
      user: { password: 'hush', url: 'http://me:hush@host', motto: 'hush', port: 9071 },
    },
    logger,
    clock: systemClock,
  };
  return { dir, logger, request, path: join(dir, `sigdump-${String(process.pid)}.log`) };
}

describe(takeDump, () => {
  it('writes the state of the process, and logs the path', async () => {
    const { request, logger, path } = setUp();
    await takeDump(request);
    const text = readFileSync(path, 'utf8');
    expect(text).toContain(`dump of server, pid ${String(process.pid)}`);
    expect(text).toMatch(/\n {2}rss {2,}\d+\.\d MB\n/);
    expect(text).toMatch(/delay over 200 ms +p50 .* of \d+ samples\n/);
    expect(logger.info.mock.calls).toEqual([['dump written', { path }]]);
  });

  it('masks secrets of the configuration, and omits the environment', async () => {
    const { request, path } = setUp();
    process.env['DUMP_TEST_WORD'] = 'of-the-environment';
    await takeDump(request);
    delete process.env['DUMP_TEST_WORD'];
    const text = readFileSync(path, 'utf8');
    expect(text).toContain("password: '***'");
    expect(text).toContain('http://me:***@host');
    expect(text).toContain("motto: '***'");
    expect(text).toContain('port: 9071');
    expect(text).toContain("logLevel: 'info'");
    expect(text).not.toMatch(/hush|of-the-environment/);
  });

  it('answers a second request with the dump in progress', async () => {
    const { request, logger, path } = setUp();
    await Promise.all([takeDump(request), takeDump(request), takeDump(request)]);
    expect(logger.info).toHaveBeenCalledTimes(1);
    await takeDump(request);
    expect(readFileSync(path, 'utf8').match(/^==== /gm)).toHaveLength(2);
  });

  it('logs the reason of a failure, and throws nothing', async () => {
    const { request, logger, path, dir } = setUp();
    writeFileSync(join(dir, 'target'), '');
    symlinkSync(join(dir, 'target'), path);
    await takeDump(request);
    expect(logger.warn.mock.calls).toEqual([
      ['dump not written', { path, reason: 'there is a symbolic link' }],
    ]);
    expect(logger.info).not.toHaveBeenCalled();
    expect(readFileSync(join(dir, 'target'), 'utf8')).toBe('');
  });

  it('with heap also writes a snapshot into a directory that only its owner may enter', async () => {
    const { request, logger, dir } = setUp({ heap: true });
    await takeDump(request);
    const [, fields] = logger.info.mock.calls.find(([message]) => message === 'heap snapshot written')!;
    const { path, bytes } = fields as { path: string; bytes: number };
    const [own] = readdirSync(dir).filter((name) => name.includes('-heap-'));
    expect(path).toBe(join(dir, own!, `sigdump-${String(process.pid)}.heapsnapshot`));
    expect(statSync(path).size).toBe(bytes);
    expect((statSync(path).mode & 0o777).toString(8)).toBe('600');
    expect((statSync(join(dir, own!)).mode & 0o777).toString(8)).toBe('700');
  });

  it('writes no snapshot through a link that replaced its directory', async () => {
    const { request, logger, dir } = setUp({ heap: true });
    const elsewhere = tempDir();
    const make = fs.mkdtempSync.bind(fs) as (prefix: string) => string;
    const exchanged = jest.spyOn(fs, 'mkdtempSync').mockImplementation((prefix: string) => {
      const own = make(prefix);
      fs.rmdirSync(own);
      symlinkSync(elsewhere, own);
      return own;
    });
    await takeDump(request);
    exchanged.mockRestore();
    expect(logger.warn.mock.calls).toEqual([['heap snapshot not written', expect.anything()]]);
    expect(readdirSync(elsewhere)).toEqual([]);
    expect(readdirSync(dir)).toHaveLength(2);
  });

  it('logs it when neither file can be written', async () => {
    const { request, logger } = setUp({ dir: join(tempDir(), 'missing'), heap: true });
    await takeDump(request);
    expect(logger.warn.mock.calls.map(([message]) => message)).toEqual([
      'dump not written',
      'heap snapshot not written',
    ]);
  });
});

describe(dumpName, () => {
  it.each([
    [undefined, 'sigdump-4711'],
    [0, 'sigdump-4711-thread-0'],
    [12, 'sigdump-4711-thread-12'],
  ])('of thread %s is %s', (thread, name) => {
    expect(dumpName(4711, thread)).toBe(name);
  });
});
