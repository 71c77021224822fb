import { withCommand } from '../../../src/commands/merge-commands';
import type { Command } from '../../../src/commands/command';

const soft: Command = { kind: 'restart', graceful: true };
const hard: Command = { kind: 'restart', graceful: false };
const reload: Command = { kind: 'reload' };
const more: Command = { kind: 'scale', by: 1 };
const stop: Command = { kind: 'stop', graceful: true };

describe('withCommand', () => {
  it.each<[string, Command[], Command[]]>([
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
    expect(given.reduce<readonly Command[]>(withCommand, [])).toEqual(left);
  });
});
