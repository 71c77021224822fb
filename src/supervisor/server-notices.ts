import type { ServerNotices, ServerProcess } from './server-process';
import type { SupervisorEvent } from './supervisor-state';

/** Turns what a server reports into events of the supervisor's lifecycle. */
export function noticesOf(
  server: ServerProcess,
  step: (event: SupervisorEvent<ServerProcess>) => void,
): ServerNotices {
  return {
    onState: (state) => step({ kind: 'state', server, state }),
    onUp: (isFollowed) => step({ kind: 'up', server, isFollowed }),
    onFirstRound: () => step({ kind: 'first_round', server }),
    onTrying: (why) => step({ kind: 'trying', why }),
    onFailed: (why, isHopeless) => step({ kind: 'failed', server, why, isHopeless }),
    onUnrecoverable: () => step({ kind: 'unrecoverable', server }),
    onSocketsLetGo: () => step({ kind: 'sockets_let_go', server }),
  };
}
