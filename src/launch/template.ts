import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { constants } from 'node:os';
import { setImmediate as immediate } from 'node:timers/promises';
import { sleep, type Clock, type ClockTimer } from '../common/clock';
import type { ForkEvent } from '../forking/fork-state';
import type { ForkedChildren } from '../forking/forked-children';
import type { NativeForks } from '../forking/native';
import { forkedChild, type ChildMaker } from '../node-internals/forked-child';
import { isChildMessage } from '../protocol/child-messages';
import { encodeMessage, WATCHDOG_FD, type PrepareMessage } from '../protocol/protocol';
import type { LogSink } from '../record/log-sink';
import type { Logger } from '../record/logger';
import { howItEnded } from '../watch/child-exit';
import type { MonitorSettings } from '../watch/child-monitor';
import { diagnoseFirst } from '../watch/diagnose-first';
import type { NodeSpawn, ProcessManager } from '../watch/process-manager';
import type { ProcessMonitor } from '../watch/process-monitor';
import { onChecked } from './foreign-messages';
import { WorkerOutput } from './worker-output';
import { ProcessDiagnosis, type DiagnosisPlan } from './process-diagnosis';
import { TemplateSubject } from './worker-subject';

export interface TemplateDeps {
  readonly native: NativeForks;
  readonly children: ForkedChildren;
  readonly processes: ProcessManager;
  readonly sink: LogSink;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly settings: () => MonitorSettings;
  /** How long it may take to load the program. */
  readonly readyTimeoutMs: number;
  readonly group: string | undefined;
  readonly spawn: NodeSpawn;
  /** How to find out what it hangs in while it loads the program. */
  readonly plan: DiagnosisPlan;
  readonly prepare: PrepareMessage;
  /** It must first check whether forked processes work here. */
  readonly proves: boolean;
  /** Modules to load before the first fork. */
  readonly preload: readonly string[];
  /** Called with what happens to it, until it is told to end. */
  readonly onEvent: (event: TemplateEvent) => void;
}

/** After `refused` and `lost` it is over. */
export type TemplateEvent = ForkEvent & { readonly kind: 'ready' | 'refused' | 'lost' };

// A fork takes a few milliseconds. On a machine without a free CPU it may take a hundred times as long.
const ANSWER_MS = 5000;
// An answer usually takes a tenth of a millisecond. So long the server process may stand still for it.
const STILL_MS = 5;
const LOOK_MS = 5;

/** The system lacked processes, memory or descriptors: spawning a worker reports that, and the next one is forked. */
const PASSING: ReadonlySet<number> = new Set([
  constants.errno.EAGAIN,
  constants.errno.ENOMEM,
  constants.errno.EMFILE,
  constants.errno.ENFILE,
]);

/** A process that has loaded the program, and from which workers are forked. Runs in the server process. */
export class Template {
  readonly #deps: TemplateDeps;
  readonly #monitor: ProcessMonitor;
  #diagnosis: ProcessDiagnosis | undefined;
  #state: 'loading' | 'ready' | 'ended' = 'loading';
  #control: number | undefined;
  /** How many descriptors a worker has. In the template the next one is the socket for requests. */
  readonly #workerFds: number;
  #turn: Promise<unknown> = Promise.resolve();
  /** Its answer to ask() is on its way. */
  #isAsked = false;
  /** It was given up before it was known how it ended. */
  #isGivenUp = false;
  readonly #limit: ClockTimer;

  /** @throws whatever prevents its start. */
  constructor(deps: TemplateDeps) {
    this.#deps = deps;
    this.#workerFds = WATCHDOG_FD + (deps.spawn.hasWatchdog ? 1 : 0);
    const [ours, theirs] = pairOf(deps.native, 1);
    this.#control = ours;
    const place = openSync('/dev/null', 'r+');
    try {
      this.#monitor = this.#start(theirs, place);
    } finally {
      closeSync(theirs);
      closeSync(place);
    }
    const { clock, readyTimeoutMs } = deps;
    this.#limit = clock.after(readyTimeoutMs, () => this.#onLate(), { unref: true });
    void this.#monitor.exited.then((exit) => this.#onExited(exit.spawnError?.message ?? howItEnded(exit)));
  }

  get pid(): number | undefined {
    return this.#monitor.pid;
  }

  /** Whether it answers, so that a fork takes no longer than a fork does: it may be stopped, or swapped out. */
  answers(): Promise<boolean> {
    const answer = this.#turn.then(() => this.#hear());
    // One fork in a turn of the event loop: a hundred at once would make this process silent for too long.
    this.#turn = answer.then(() => immediate());
    return answer;
  }

  /** The same for a caller that cannot wait: false if it did not answer at once. */
  answersNow(): boolean {
    if (this.#isAsked || !this.#ask()) return false;
    if (this.#heard(STILL_MS) === true) return true;
    void this.answers();
    return false;
  }

  async #hear(): Promise<boolean> {
    const { clock } = this.#deps;
    // answersNow() may have asked.
    if (!this.#isAsked && !this.#ask()) return false;
    const end = clock.now() + ANSWER_MS;
    let answer = this.#heard(STILL_MS);
    while (answer === undefined && clock.now() < end) {
      await sleep(clock, LOOK_MS);
      answer = this.#heard(0);
    }
    if (answer === undefined) this.#giveUp(`it did not answer within ${ANSWER_MS} ms`);
    return answer === true;
  }

  #ask(): boolean {
    if (this.#control === undefined || this.#state !== 'ready') return false;
    const asked = this.#deps.native.ask(this.#control);
    this.#isAsked = asked === 0;
    if (!this.#isAsked) this.#giveUp(`it cannot be asked (errno ${-asked})`);
    return this.#isAsked;
  }

  /** Undefined: not yet. */
  #heard(timeoutMs: number): boolean | undefined {
    if (this.#control === undefined) return false;
    const answer = this.#deps.native.hear(this.#control, timeoutMs);
    if (answer === 0) return undefined;
    this.#isAsked = false;
    if (answer < 0) this.#giveUp(`it does not answer (errno ${-answer})`);
    return answer > 0;
  }

  /** Undefined: the fork failed. */
  fork(file: string, options: Pick<SpawnOptions, 'stdio' | 'serialization'>): ChildProcess | undefined {
    const { native, children } = this.#deps;
    const control = this.#control;
    if (control === undefined || this.#state !== 'ready' || this.#isAsked) return undefined;
    let failure = '';
    const { stdio, ...others } = options;
    // All its code is loaded: it does not get the compiled code, which comes after the descriptors of a worker.
    const own = Array.isArray(stdio) ? stdio.slice(0, this.#workerFds) : stdio;
    const make = (fds: readonly number[]): number => {
      const pid = native.request(control, fds, ANSWER_MS);
      if (pid < 0 && !PASSING.has(-pid)) failure = `it did not fork (errno ${-pid})`;
      return pid;
    };
    const onEnd: ChildMaker['onEnd'] = (pid, callback) => children.add(pid, callback);
    const pair = () => pairOf(native, 0);
    const child = forkedChild(file, { ...others, stdio: own }, { pair, make, onEnd });
    // Its later fate does not matter any more.
    if (failure !== '') this.#giveUp(failure);
    return child;
  }

  /** The workers that were forked from it go on. */
  end(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#limit.cancel();
    if (this.#control !== undefined) closeSync(this.#control);
    this.#control = undefined;
    this.#monitor.signal('SIGKILL');
  }

  #start(theirs: number, boardPlace: number): ProcessMonitor {
    const { processes, group, prepare, proves, preload, spawn, plan, logger, settings } = this.#deps;
    const contact = processes.startNode({ ...spawn, boardPlace, more: [theirs] });
    const subject = new TemplateSubject({ group });
    const output = new WorkerOutput(this.#deps, subject, contact.pid, prepare.log);
    const monitor = processes.attachNode(contact, {
      subject,
      settings: () => ({ ...settings(), heartbeatTimeoutMs: undefined, readyTimeoutMs: undefined }),
      boot:
        contact.pid === undefined
          ? Buffer.alloc(0)
          : encodeMessage({ prepare, control: this.#workerFds, proves, preload }),
      onLog: output.onLog,
      onStdout: output.onStdout,
      onStderr: output.onStderr,
    });
    if (plan.isOn) {
      this.#diagnosis = new ProcessDiagnosis({ ...this.#deps, contact, subject, onStderr: output.onStderr });
    }
    if (contact.pid !== undefined) {
      onChecked(monitor, isChildMessage, logger, (said) => {
        if (said.type === 'prepared') this.#isUp();
        if (said.type === 'cannot_fork') this.#refuse(said.reason);
      });
      void contact.drained.then(() => output.flush());
    }
    return monitor;
  }

  #isUp(): void {
    if (this.#state !== 'loading') return;
    this.#state = 'ready';
    this.#limit.cancel();
    this.#deps.onEvent({ kind: 'ready' });
  }

  /** What it hangs in is logged, as for a worker. */
  #onLate(): void {
    const { clock, readyTimeoutMs } = this.#deps;
    const diagnose = async (): Promise<void> => this.#diagnosis?.giveUp();
    diagnoseFirst(clock, diagnose, () => {
      // Or it was only slow.
      if (this.#state === 'loading') this.#lose(`it was not ready after ${readyTimeoutMs} ms`);
    });
  }

  #onExited(how: string): void {
    this.#lose(this.#state === 'loading' ? `it ended with ${how} while it loaded the program` : how);
    if (!this.#isGivenUp) return;
    const { logger, group } = this.#deps;
    logger.warn('the process that workers were forked from has ended', {
      ...(group === undefined ? {} : { group }),
      template: this.pid,
      how,
    });
  }

  /** How it ends is reported later: it may have ended before, and that is why it does not answer. */
  #giveUp(why: string): void {
    this.#isGivenUp ||= this.#state === 'ready';
    this.#lose(why);
  }

  #refuse(why: string): void {
    if (this.#state === 'loading') this.#endWith({ kind: 'refused', why });
  }

  #lose(how: string): void {
    if (this.#state !== 'ended') this.#endWith({ kind: 'lost', how });
  }

  #endWith(event: TemplateEvent): void {
    this.end();
    this.#deps.onEvent(event);
  }
}

/** @throws Error of the system. */
function pairOf(native: NativeForks, isOfMessages: 0 | 1): readonly [number, number] {
  const pair = native.socketPair(isOfMessages);
  if (typeof pair !== 'number') return pair;
  throw Object.assign(new Error(`socketpair failed with errno ${-pair}`), { errno: pair });
}
