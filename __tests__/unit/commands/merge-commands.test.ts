import { withCommand } from '../../../src/commands/merge-commands';
import type { Command } from '../../../src/commands/command';

const soft: Command = { kind: 'restart', graceful: true };
const hard: Command = { kind: 'restart', graceful: false };
const reload: Command = { kind: 'reload' };
const more: Command = { kind: 'scale', by: 1 };
const stop: Command = { kind: 'stop', graceful: true };

describe('withCommand', () => {
  it.each<[string, Command[], Command[]]>([
    ['one of several restarts', [soft, soft, soft], [soft]],
    ['the immediate restart, in any position', [soft, hard, soft], [hard]],
    ['a reload together with a restart', [reload, soft, reload, soft], [reload, soft]],
    ['every scale command', [more, more, soft, more], [more, more, soft, more]],
    [
      'every stop, and the commands before it',
      [soft, stop, { ...stop, graceful: false }, soft],
      [stop, { ...stop, graceful: false }, soft],
    ],
    ['one dump', [{ kind: 'dump' }, reload, { kind: 'dump' }], [reload, { kind: 'dump' }]],
  ])('keeps %s', (_what, given, left) => {
    expect(given.reduce<readonly Command[]>(withCommand, [])).toEqual(left);
  });
});
