import { afterFailure, routeCommand, type UpgradeState } from '../../../src/engine/upgrade-state';
import type { ServerCommand } from '../../../src/servers/commands';

const COMMANDS: Readonly<Record<ServerCommand['kind'], ServerCommand>> = {
  stop: { kind: 'stop', graceful: true },
  restart: { kind: 'restart', graceful: true },
  reload: { kind: 'reload' },
  detach: { kind: 'detach' },
  upgrade: { kind: 'upgrade' },
  dump: { kind: 'dump' },
  scale: { kind: 'scale', by: 1 },
};

const none: UpgradeState = { kind: 'none' };
const starting: UpgradeState = { kind: 'starting', held: [], isStopped: false };
const serving: UpgradeState = { kind: 'serving' };

describe('routeCommand', () => {
  it.each<[UpgradeState, ServerCommand['kind'], string, boolean]>([
    [none, 'stop', 'own', false],
    [none, 'restart', 'own', false],
    [none, 'reload', 'own', false],
    [none, 'detach', 'own', false],
    [none, 'upgrade', 'begin', false],
    [none, 'dump', 'own', false],
    [none, 'scale', 'own', false],
    [starting, 'stop', 'cancel', false],
    [starting, 'restart', 'own', true],
    [starting, 'reload', 'own', true],
    [starting, 'detach', 'own', true],
    [starting, 'upgrade', 'wait', true],
    [starting, 'dump', 'own', false],
    [starting, 'scale', 'own', true],
    [serving, 'stop', 'successor', false],
    [serving, 'restart', 'successor', false],
    [serving, 'reload', 'successor', false],
    [serving, 'detach', 'successor', false],
    [serving, 'upgrade', 'successor', false],
    [serving, 'dump', 'successor', false],
    [serving, 'scale', 'successor', false],
  ])('%j: %s goes to %s; held for the successor: %s', (state, kind, to, isHeld) => {
    const command = COMMANDS[kind];
    const routed = routeCommand(state, command);
    expect(routed.to).toBe(to);
    expect(routed.state.kind === 'starting' ? routed.state.held : []).toEqual(isHeld ? [command] : []);
  });

  it('holds one of several restarts', () => {
    const once = routeCommand(starting, COMMANDS.restart).state;
    expect(routeCommand(once, COMMANDS.restart).state).toEqual(once);
  });
});

describe('afterFailure', () => {
  it.each<[string, ServerCommand['kind'][], 'none' | 'upgrade_again']>([
    ['nothing', [], 'none'],
    ['a restart', ['restart'], 'none'],
    ['another upgrade', ['upgrade', 'restart'], 'upgrade_again'],
    ['another upgrade, then a stop', ['upgrade', 'stop'], 'none'],
  ])('when %s came meanwhile', (_what, kinds, next) => {
    let state: UpgradeState = starting;
    for (const kind of kinds) ({ state } = routeCommand(state, COMMANDS[kind]));
    expect(afterFailure(state)).toBe(next);
  });
});
