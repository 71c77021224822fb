import type { ChildMessage } from '../protocol/protocol';
import type { WorkerListener } from './worker-listener';

/** Passes what a worker reports about itself to the pool. */
export function takeNotice(message: ChildMessage, { notices, onPrepared }: WorkerListener): void {
  switch (message.type) {
    case 'running':
      notices?.onRunning();
      return;
    case 'ready':
      notices?.onReady();
      return;
    case 'stopping':
      notices?.onStopping();
      return;
    case 'closed':
      notices?.onClosed(message.connections);
      return;
    case 'prepared':
      onPrepared?.();
      return;
    case 'ignored_ready':
    case 'listening':
    case 'debugger':
    case 'metrics':
    case 'socket_given_up':
    case 'socket_closed':
    case 'handles_term':
    case 'user_message':
    case 'user_message_taken':
    case 'entered':
    case 'cannot_fork':
  }
}
