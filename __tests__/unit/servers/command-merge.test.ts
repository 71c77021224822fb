import { withCommand } from '../../../src/servers/command-merge';
import type { ServerCommand } from '../../../src/servers/commands';

const soft: ServerCommand = { kind: 'restart', graceful: true };
const hard: ServerCommand = { kind: 'restart', graceful: false };
const reload: ServerCommand = { kind: 'reload' };
const more: ServerCommand = { kind: 'scale', by: 1 };
const stop: ServerCommand = { kind: 'stop', graceful: true };

describe('withCommand', () => {
  it.each<[string, ServerCommand[], ServerCommand[]]>([
    ['one restart of many', [soft, soft, soft], [soft]],
    ['the immediate one, wherever it was', [soft, hard, soft], [hard]],
    ['a reload beside a restart', [reload, soft, reload, soft], [reload, soft]],
    ['each scaling', [more, more, soft, more], [more, more, soft, more]],
    [
      'each stop, and what came with it',
      [soft, stop, { ...stop, graceful: false }, soft],
      [stop, { ...stop, graceful: false }, soft],
    ],
    ['one dump', [{ kind: 'dump' }, reload, { kind: 'dump' }], [reload, { kind: 'dump' }]],
  ])('leaves %s', (_what, given, left) => {
    expect(given.reduce<readonly ServerCommand[]>(withCommand, [])).toEqual(left);
  });
});
