import type { ServerCommand } from '../servers/commands';
import { withCommand } from '../servers/command-merge';

/**
 * none: nobody takes over.
 * starting: a successor boots. It may have read files and configuration already, so that what is asked for meanwhile
 * must reach it too, once it serves.
 * serving: the successor serves, this tree finishes.
 */
export type UpgradeState =
  | { readonly kind: 'none' }
  | { readonly kind: 'starting'; readonly held: readonly ServerCommand[]; readonly isStopped: boolean }
  | { readonly kind: 'serving' };

/**
 * own: this tree obeys. begin: a successor is started. cancel: this tree obeys, and a successor that boots is given up.
 * wait: nothing happens yet. successor: it is passed on.
 */
export type CommandRoute = 'own' | 'begin' | 'cancel' | 'wait' | 'successor';

/** Who obeys a command at the top of the tree, and what is remembered of it. */
export function routeCommand(
  state: UpgradeState,
  command: ServerCommand,
): { readonly state: UpgradeState; readonly to: CommandRoute } {
  switch (state.kind) {
    case 'none':
      if (command.kind !== 'upgrade') return { state, to: 'own' };
      return { state: { kind: 'starting', held: [], isStopped: false }, to: 'begin' };
    case 'starting':
      if (command.kind === 'stop') return { state: { ...state, isStopped: true }, to: 'cancel' };
      return {
        state: isForSuccessor(command) ? { ...state, held: withCommand(state.held, command) } : state,
        to: command.kind === 'upgrade' ? 'wait' : 'own',
      };
    case 'serving':
      return { state, to: 'successor' };
  }
}

/** What an upgrade that failed leaves to be done: the scripts may have been mended since it began. */
export function afterFailure(state: UpgradeState): 'none' | 'upgrade_again' {
  if (state.kind !== 'starting' || state.isStopped) return 'none';
  return state.held.some(({ kind }) => kind === 'upgrade') ? 'upgrade_again' : 'none';
}

function isForSuccessor({ kind }: ServerCommand): boolean {
  return kind !== 'dump' && kind !== 'stop';
}
