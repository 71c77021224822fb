import type { KillPhase } from '../watch/kill-escalation';
import type { ProcessContact } from '../watch/process-contact';

/**
 * How a process worker learns of a graceful stop. By SIGTERM, unless other code in it also listens for that: a library
 * would close its servers under the requests that are being answered. Such a worker gets a message first, and passes the
 * signal on when it has drained.
 *
 * - `by_signal`: nobody else listens for SIGTERM, or it has not entered run() yet.
 * - `by_message`: somebody does.
 * - `told`: the message is on its way.
 * - `answered`: it stops. It needs no second word.
 */
export type StopTalk = 'by_signal' | 'by_message' | 'told' | 'answered';

/** What the worker says. */
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
  /** silence: it knows already. */
  readonly by: 'message' | 'signal' | 'silence';
}

/** One step of the escalation. A message without an answer is followed by the signal; what is not graceful is one in any case. */
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

/** How one worker process is told, as far as it has said something of itself. */
export class StopTeller {
  readonly #contact: ProcessContact;
  #talk: StopTalk = 'by_signal';

  constructor(contact: ProcessContact) {
    this.#contact = contact;
  }

  note(event: TalkEvent): void {
    this.#talk = nextTalk(this.#talk, event);
  }

  /** False: by signal. */
  readonly deliver = (step: KillPhase): boolean => {
    if (!this.#contact.child.connected) return false;
    const { talk, by } = tellToStop(this.#talk, step);
    this.#talk = talk;
    if (by === 'message') this.#contact.send({ type: 'stop' });
    return by !== 'signal';
  };
}
