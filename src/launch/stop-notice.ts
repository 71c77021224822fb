import type { KillPhase } from '../watch/kill-escalation';
import type { ProcessContact } from '../watch/process-contact';

/**
 * How a process worker learns of a graceful stop: by SIGTERM, unless other code in it also listens for that signal.
 * Such code, perhaps of a library, would close its servers while requests are being answered. So that worker gets a
 * message first, and passes the signal on when it has drained.
 *
 * - `by_signal`: no other code listens for SIGTERM, or the worker has not entered run() yet.
 * - `by_message`: other code listens.
 * - `told`: the message was sent.
 * - `answered`: the worker stops. No signal is needed.
 */
export type StopNotice = 'by_signal' | 'by_message' | 'told' | 'answered';

/** What the worker reports. */
export type NoticeEvent = 'has_handler' | 'stopping';

export function nextNotice(notice: StopNotice, event: NoticeEvent): StopNotice {
  switch (event) {
    case 'has_handler':
      return notice === 'by_signal' ? 'by_message' : notice;
    case 'stopping':
      return notice === 'told' ? 'answered' : notice;
  }
}

export interface NoticeStep {
  readonly notice: StopNotice;
  /** silence: the worker knows already. */
  readonly by: 'message' | 'signal' | 'silence';
}

/**
 * One step of the escalation. The signal follows a message without an answer; every step after the graceful one is a
 * signal in any case.
 */
export function tellToStop(notice: StopNotice, step: KillPhase): NoticeStep {
  if (step !== 'graceful') return { notice, by: 'signal' };
  switch (notice) {
    case 'by_signal':
    case 'told':
      return { notice, by: 'signal' };
    case 'by_message':
      return { notice: 'told', by: 'message' };
    case 'answered':
      return { notice, by: 'silence' };
  }
}

/** Tells one worker process to stop, according to what it has reported. */
export class StopNotifier {
  readonly #contact: ProcessContact;
  #notice: StopNotice = 'by_signal';

  constructor(contact: ProcessContact) {
    this.#contact = contact;
  }

  note(event: NoticeEvent): void {
    this.#notice = nextNotice(this.#notice, event);
  }

  /** False: send the signal. */
  readonly deliver = (step: KillPhase): boolean => {
    if (!this.#contact.child.connected) return false;
    const { notice, by } = tellToStop(this.#notice, step);
    this.#notice = notice;
    if (by === 'message') this.#contact.send({ type: 'stop' });
    return by !== 'signal';
  };
}
