import {
  announcement,
  consequenceOf,
  together,
  type Change,
  type Consequence,
} from '../../../src/development/change-plan';

const FILES = {
  config: '/app/server.yml',
  ofServer: new Set(['/app/server.ts', '/app/main.ts']),
  hasEmbedded: false,
  isSupervised: false,
};

describe('the plan for a batch of changes', () => {
  it.each<[string, readonly string[], Partial<typeof FILES>, Consequence]>([
    ['the configuration alone', ['/app/server.yml'], {}, 'reload'],
    ['a file that workers run', ['/app/web.ts'], {}, 'workers'],
    [
      'a file of workers and the configuration: a restart reads both',
      ['/app/server.yml', '/app/web.ts'],
      {},
      'workers',
    ],
    ['code of the server', ['/app/server.ts'], {}, 'workers, not the server'],
    [
      'code of the server, under a supervisor',
      ['/app/web.ts', '/app/main.ts'],
      { isSupervised: true },
      'server',
    ],
    ['a file of embedded workers', ['/app/web.ts'], { isSupervised: true, hasEmbedded: true }, 'server'],
  ])('%s', (_what, changed, files, consequence) => {
    expect(consequenceOf(changed, { ...FILES, ...files })).toBe(consequence);
  });

  it.each<[readonly (readonly [string, Change])[], Consequence, string]>([
    [[['/app/web.ts', 'changed']], 'workers', 'web.ts changed: workers restart'],
    [[['/app/web.ts', 'gone']], 'workers', 'web.ts is gone: workers restart'],
    [
      [
        ['/app/web.ts', 'new'],
        ['/app/server.ts', 'changed'],
      ],
      'server',
      'web.ts and server.ts changed: the server process restarts, with its workers',
    ],
    [
      ['/app/a', '/app/b', '/app/c'].map((path) => [path, 'changed'] as const),
      'workers',
      'a and 2 other files changed: workers restart',
    ],
    [[['/app/server.yml', 'changed']], 'reload', 'server.yml changed: the configuration is read again'],
  ])('is one line in the log: %j', (changes, consequence, line) => {
    expect(announcement(new Map(changes), consequence, (path) => path.replace('/app/', ''))).toBe(line);
  });

  it('counts two changes of a file as one, and ignores a temporary file', () => {
    expect(together('gone', 'new')).toBe('changed');
    expect(together('new', 'changed')).toBe('new');
    expect(together('changed', 'gone')).toBe('gone');
    expect(together('new', 'gone')).toBeUndefined();
    expect(together(undefined, 'gone')).toBe('gone');
  });
});
