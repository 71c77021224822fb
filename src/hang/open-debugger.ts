import type { Subject } from '../common/subject';
import type { LogFields, Logger } from '../record/logger';
import { DebuggerOutput, type DebuggerNotices } from './debugger-output';
import type { DebuggerPresence } from './debugger-presence';

/** Makes one log line of each message that the debugger of a process started with `--inspect` prints. */
export function openDebuggerOutput(
  subject: Subject,
  pid: () => number | undefined,
  presence: DebuggerPresence,
  logger: Logger,
): DebuggerOutput {
  const fields = (): LogFields => ({ ...subject.fields, pid: pid() });
  const notices: DebuggerNotices = {
    onOpened: (url) => {
      presence.opened(url);
      logger.info(`${subject.label} can be debugged at ${new URL(url).host}`, { ...fields(), url });
    },
    onEnded: (url) => {
      presence.ended(url);
      return true;
    },
    onFailed: (reason) => {
      logger.warn(`${subject.label} cannot be debugged`, { ...fields(), reason });
      return true;
    },
    onAttached: () => {
      presence.attached();
      logger.info(`a debugger is attached to ${subject.label}`, fields());
      return true;
    },
    onLeaving: () => {
      presence.leaving();
      logger.warn(`${subject.label} has finished and waits for its debugger: disconnect it`, fields());
      return true;
    },
  };
  return new DebuggerOutput(notices, { isAnywhere: true });
}
