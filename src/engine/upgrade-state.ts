import type { Command } from '../commands/command';
import { withCommand } from '../commands/merge-commands';

/**
 * booting: this tree is not up yet. It could not hand over sockets that it does not have yet, and a successor would
 * find their ports taken. none: there is no successor. stopping: a stop was commanded, and no successor may take over
 * any more. starting: a successor boots. It may have read files and configuration already, so commands that come
 * meanwhile must reach it, too, once it serves. serving: the successor serves, this tree finishes.
 */
export type UpgradeState =
  | { readonly kind: 'booting' }
  | { readonly kind: 'none' }
  | { readonly kind: 'stopping' }
  | { readonly kind: 'starting'; readonly held: readonly Command[]; readonly isStopped: boolean }
  | { readonly kind: 'serving' };

/**
 * own: this tree obeys. begin: a successor is started. cancel: this tree obeys, and a booting successor is given up.
 * wait_for_boot, wait: the command waits. refuse: the command is refused. successor: it is passed on.
 */
export type CommandRoute = 'own' | 'begin' | 'cancel' | 'wait_for_boot' | 'wait' | 'refuse' | 'successor';

/** Decides which tree obeys a command, and what is remembered of it. */
export function routeCommand(
  state: UpgradeState,
  command: Command,
): { readonly state: UpgradeState; readonly to: CommandRoute } {
  switch (state.kind) {
    case 'booting':
      if (command.kind === 'upgrade') return { state, to: 'wait_for_boot' };
      return { state: command.kind === 'stop' ? { kind: 'stopping' } : state, to: 'own' };
    case 'none':
      if (command.kind === 'upgrade')
        return { state: { kind: 'starting', held: [], isStopped: false }, to: 'begin' };
      return { state: command.kind === 'stop' ? { kind: 'stopping' } : state, to: 'own' };
    case 'stopping':
      return { state, to: command.kind === 'upgrade' ? 'refuse' : 'own' };
    case 'starting':
      if (command.kind === 'stop') return { state: { ...state, isStopped: true }, to: 'cancel' };
      if (command.kind === 'upgrade' && state.isStopped) return { state, to: 'refuse' };
      return {
        state: isForSuccessor(command) ? { ...state, held: withCommand(state.held, command) } : state,
        to: command.kind === 'upgrade' ? 'wait' : 'own',
      };
    case 'serving':
      return { state, to: 'successor' };
  }
}

/** This tree is up, or has tried. */
export function afterBoot(state: UpgradeState): UpgradeState {
  return state.kind === 'booting' ? { kind: 'none' } : state;
}

/** Whether another upgrade begins after a failed one: the scripts may have been fixed since it began. */
export function afterFailure(state: UpgradeState): {
  readonly state: UpgradeState;
  readonly isTriedAgain: boolean;
} {
  if (state.kind !== 'starting') return { state, isTriedAgain: false };
  if (state.isStopped) return { state: { kind: 'stopping' }, isTriedAgain: false };
  return { state: { kind: 'none' }, isTriedAgain: state.held.some(({ kind }) => kind === 'upgrade') };
}

function isForSuccessor({ kind }: Command): boolean {
  return kind !== 'dump' && kind !== 'stop';
}
