import { afterBoot, afterFailure, routeCommand, type UpgradeState } from '../../../src/engine/upgrade-state';
import type { Command } from '../../../src/commands/command';

const COMMANDS: Readonly<Record<Command['kind'], Command>> = {
  stop: { kind: 'stop', graceful: true },
  restart: { kind: 'restart', graceful: true },
  reload: { kind: 'reload' },
  detach: { kind: 'detach' },
  upgrade: { kind: 'upgrade' },
  dump: { kind: 'dump' },
  scale: { kind: 'scale', by: 1 },
};

const booting: UpgradeState = { kind: 'booting' };
const none: UpgradeState = { kind: 'none' };
const starting: UpgradeState = { kind: 'starting', held: [], isStopped: false };
const stopping: UpgradeState = { kind: 'stopping' };
const stopped: UpgradeState = { ...starting, isStopped: true };
const serving: UpgradeState = { kind: 'serving' };

describe('routeCommand', () => {
  it.each<[UpgradeState, Command['kind'], string, boolean]>([
    [booting, 'stop', 'own', false],
    [booting, 'restart', 'own', false],
    [booting, 'reload', 'own', false],
    [booting, 'detach', 'own', false],
    [booting, 'upgrade', 'wait_for_boot', false],
    [booting, 'dump', 'own', false],
    [booting, 'scale', 'own', false],
    [none, 'stop', 'own', false],
    [none, 'restart', 'own', false],
    [none, 'reload', 'own', false],
    [none, 'detach', 'own', false],
    [none, 'upgrade', 'begin', false],
    [none, 'dump', 'own', false],
    [none, 'scale', 'own', false],
    [stopping, 'stop', 'own', false],
    [stopping, 'restart', 'own', false],
    [stopping, 'reload', 'own', false],
    [stopping, 'detach', 'own', false],
    [stopping, 'upgrade', 'refuse', false],
    [stopping, 'dump', 'own', false],
    [stopping, 'scale', 'own', false],
    [stopped, 'upgrade', 'refuse', false],
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

  it('remembers a stop', () => {
    expect(routeCommand(booting, COMMANDS.stop).state).toEqual(stopping);
    expect(routeCommand(none, COMMANDS.stop).state).toEqual(stopping);
    expect(routeCommand(starting, COMMANDS.stop).state).toEqual(stopped);
  });

  it('holds one of several restarts', () => {
    const once = routeCommand(starting, COMMANDS.restart).state;
    expect(routeCommand(once, COMMANDS.restart).state).toEqual(once);
  });
});

describe('afterBoot', () => {
  it.each([
    [booting, none],
    [stopping, stopping],
  ])('%j becomes %j', (before, after) => {
    expect(afterBoot(before)).toEqual(after);
  });
});

describe('afterFailure', () => {
  it.each<[string, Command['kind'][], UpgradeState, boolean]>([
    ['nothing', [], none, false],
    ['a restart', ['restart'], none, false],
    ['another upgrade', ['upgrade', 'restart'], none, true],
    ['another upgrade, then a stop', ['upgrade', 'stop'], stopping, false],
  ])('when %s came meanwhile', (_what, kinds, next, isTriedAgain) => {
    let state: UpgradeState = starting;
    for (const kind of kinds) ({ state } = routeCommand(state, COMMANDS[kind]));
    expect(afterFailure(state)).toEqual({ state: next, isTriedAgain });
  });
});
