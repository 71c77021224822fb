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
export type StopTalk = 'by_signal' | 'by_message' | 'told' | 'answered';

/** What the worker reports. */
export type TalkEvent = 'has_handler' | 'stopping';

export function nextTalk(talk: StopTalk, event: TalkEvent): StopTalk {
  switch (event) {
    case 'has_handler':
      return talk === 'by_signal' ? 'by_message' : talk;
    case 'stopping':
      return talk === 'told' ? 'answered' : talk;
  }
}

export interface TalkStep {
  readonly talk: StopTalk;
  /** silence: the worker knows already. */
  readonly by: 'message' | 'signal' | 'silence';
}

/**
 * One step of the escalation. The signal follows a message without an answer; every step after the graceful one is a
 * signal in any case.
 */
export function tellToStop(talk: StopTalk, step: KillPhase): TalkStep {
  if (step !== 'graceful') return { talk, by: 'signal' };
  switch (talk) {
    case 'by_signal':
    case 'told':
      return { talk, by: 'signal' };
    case 'by_message':
      return { talk: 'told', by: 'message' };
    case 'answered':
      return { talk, by: 'silence' };
  }
}

/** Tells one worker process to stop, according to what it has reported. */
export class StopTeller {
  readonly #contact: ProcessContact;
  #talk: StopTalk = 'by_signal';

  constructor(contact: ProcessContact) {
    this.#contact = contact;
  }

  note(event: TalkEvent): void {
    this.#talk = nextTalk(this.#talk, event);
  }

  /** False: send the signal. */
  readonly deliver = (step: KillPhase): boolean => {
    if (!this.#contact.child.connected) return false;
    const { talk, by } = tellToStop(this.#talk, step);
    this.#talk = talk;
    if (by === 'message') this.#contact.send({ type: 'stop' });
    return by !== 'signal';
  };
}
