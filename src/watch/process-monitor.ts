import type { ChildProcess } from 'node:child_process';
import { isIntended, type KillReason } from '../contract/end-reasons';
import type { WorkerFigures } from '../contract/status';
import { ChildMonitor, type Act, type ChildMonitorDeps, type ChildControl } from './child-monitor';
import type { KillPhase, KillSignal } from './kill-escalation';
import type { ProcessContact } from './process-contact';
import type { Beat, ParentMessage } from '../protocol/protocol';

const SIGNAL_OF: Readonly<Record<KillSignal, NodeJS.Signals>> = {
  graceful: 'SIGTERM',
  immediate: 'SIGQUIT',
  kill: 'SIGKILL',
};

/** Tells a child to end, gracefully or at once; false if that needs a signal. SIGKILL is always a signal. */
export type Deliver = (step: KillPhase, reason: KillReason | undefined) => boolean;

export interface ProcessMonitorDeps extends ChildMonitorDeps {
  readonly contact: ProcessContact;
  /** Another way than a signal to tell it to end. True: it was told. False: the signal is sent. */
  readonly deliver?: Deliver | undefined;
}

/** The monitor of a child process, and its contact. */
export class ProcessMonitor extends ChildMonitor {
  readonly contact: ProcessContact;
  #lastBeat: Beat | undefined;

  constructor(deps: ProcessMonitorDeps) {
    super(controlOf(deps), { ...deps, board: deps.contact.board });
    this.contact = deps.contact;
  }

  get child(): ChildProcess {
    return this.contact.child;
  }

  get pid(): number | undefined {
    return this.contact.pid;
  }

  get firstBeat(): Promise<void> {
    return this.contact.firstBeat;
  }

  get drained(): Promise<void> {
    return this.contact.drained;
  }

  override figures(): WorkerFigures {
    return { rssBytes: this.#lastBeat?.rssBytes, ...super.figures() };
  }

  override beat(beat?: Beat): void {
    this.#lastBeat = beat ?? this.#lastBeat;
    this.contact.noteBeat();
    super.beat();
  }

  signal(signal: NodeJS.Signals): void {
    this.contact.signal(signal);
  }

  signalAll(signal: NodeJS.Signals): void {
    this.contact.signalAll(signal);
  }

  send(message: ParentMessage): void {
    this.contact.send(message);
  }
}

/** Signals are repeated: one may be lost during a boot, or swallowed by a library. */
function controlOf({ contact, deliver }: ProcessMonitorDeps): ChildControl {
  return {
    pid: contact.pid,
    exited: contact.exited,
    onExit: (callback) => contact.onExit(callback),
    act: (step, reason): Act => {
      const isDelivered = step !== 'kill' && (deliver?.(step, reason) ?? false);
      const signal = isDelivered ? undefined : SIGNAL_OF[step];
      if (signal) contact.signalAll(signal);
      const isAsked = step === 'graceful' || (step === 'immediate' && isIntended(reason));
      return { how: isAsked ? 'asked' : 'forced', fields: { signal } };
    },
  };
}
