import { readWatch } from '../../../src/config/watch-globs';
import { watchTrouble } from '../../../src/development/watch-trouble';
import { watchedFiles } from '../../../src/development/watched-files';

function watched(given: unknown, own: readonly string[] = []) {
  return watchedFiles({
    globs: readWatch(given)?.value ?? [],
    root: '/app',
    config: '/etc/app/server.yml',
    own,
    isFolder: (path) => !/\.\w+$/.test(path),
  });
}

describe('the watched files', () => {
  it.each<[unknown, string, boolean]>([
    [true, '/app/src/deep/web.ts', true],
    [true, '/app/app.cjs', true],
    [true, '/app/data.json', false],
    [true, '/app/node_modules/x/index.js', false],
    [true, '/app/src/.cache/x.js', false],
    [true, '/other/x.js', false],
    ['src', '/app/src/a/b.txt', true],
    ['src', '/app/srcs/b.txt', false],
    ['app.ts', '/app/app.ts', true],
    ['app.ts', '/app/src/app.ts', false],
    ['*.ts', '/app/src/app.ts', false],
    [['src', '!src/**/*.test.ts'], '/app/src/a.test.ts', false],
    [['src', '!src/data'], '/app/src/data/x.txt', false],
    ['!dist', '/app/dist/web.js', false],
    ['!dist', '/app/src/web.js', true],
    ['../shared/**/*.ts', '/shared/lib/x.ts', true],
    ['node_modules/mine', '/app/node_modules/mine/index.js', true],
    ['src', '/etc/app/server.yml', true],
  ])('%j: %s is %s', (globs, path, expected) => {
    expect(watched(globs).isWatched(path)).toBe(expected);
  });

  it('include only folders that may hold such files', () => {
    const { folders, mayHold } = watched(['src/**/*.ts', 'lib/*.js']);
    expect(folders).toEqual(['/app/src', '/app/lib', '/etc/app']);
    expect(
      ['/app/src/a', '/app/lib/a', '/app/src/node_modules', '/app/src/.git', '/etc/app/more'].map(mayHold),
    ).toEqual([true, false, false, false, false]);
  });

  it('exclude files of the engine: each log line would restart workers', () => {
    const { isWatched } = watched('.', ['/app/app.log', '/app/app.pid']);
    expect(['/app/app.log', '/app/app.log.1.gz', '/app/app.pid.sock', '/app/app.ts'].map(isWatched)).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });
});

describe('files that cannot be watched', () => {
  it.each([
    [
      'ENOSPC',
      /max_user_watches.*Watch fewer folders, or raise the limit: sudo sysctl fs\.inotify\.max_user_watches=/,
    ],
    ['EMFILE', /max_user_instances.*raise the limit/],
    ['EIO', /^EIO: why$/],
  ])('%s is reported with its cure', (code, message) => {
    expect(watchTrouble(Object.assign(new Error(`${code}: why`), { code }))).toMatch(message);
  });
});
