import { ServerEngineError } from '../common/errors';
import { role } from './role';

// The methods that the Server object has, too.
const SERVER_METHODS: ReadonlySet<string> = new Set(['stop', 'restart', 'reload', 'dump', 'scale']);

/** Why a method of an engine has no effect in this process, or not yet. */
export function wrongProcess(method: string): ServerEngineError {
  switch (role.kind) {
    case 'worker':
    case 'template':
    case 'thread':
      return new ServerEngineError(
        'ERR_WRONG_PROCESS',
        `engine.${method}() works only in the main process, and this is a worker. ` +
          `Send the signal to the main process, or send the Server a message of your own.`,
      );
    case 'server': {
      const instead = SERVER_METHODS.has(method)
        ? `Call this.${method}() in the Server`
        : 'Send the signal to the supervisor';
      return new ServerEngineError(
        'ERR_WRONG_PROCESS',
        `engine.${method}() works only in the main process, and this is the server below its supervisor. ${instead}.`,
      );
    }
    case 'top':
    case 'check':
    case 'daemon':
    case 'successor':
      return new ServerEngineError(
        'ERR_ENGINE_STATE',
        `${method}() needs a running engine. Call run() or main() first.`,
      );
  }
}
