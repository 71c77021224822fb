import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Clock, ClockTimer } from '../common/clock';
import type { AdoptedChildren } from '../forking/adopted-children';
import { ForkCalls, type CallResult } from '../forking/fork-calls';
import type { ForkEvent } from '../forking/fork-state';
import type { ForkedChildren, OnEnd } from '../forking/forked-children';
import type { NativeForks } from '../forking/native';
import { forkedChild } from '../node-internals/forked-child';
import { isChildMessage } from '../protocol/child-messages';
import { encodeMessage, WATCHDOG_FD, type PrepareMessage, type TemplateMessage } from '../protocol/protocol';
import type { LogSink } from '../record/log-sink';
import type { Logger } from '../record/logger';
import { howItEnded } from '../watch/child-exit';
import { NEVER_RUN, type MonitorSettings } from '../watch/child-monitor';
import { diagnoseFirst } from '../watch/diagnose-first';
import type { NodePipes, NodeSpawn, ProcessManager } from '../watch/process-manager';
import type { ProcessMonitor } from '../watch/process-monitor';
import { openEnds, pairOf, type ChildEnds } from './child-ends';
import { onChecked } from './foreign-messages';
import { WorkerOutput } from './worker-output';
import { ProcessDiagnosis, type DiagnosisPlan } from './process-diagnosis';
import { TemplateSubject } from './worker-subject';

export interface TemplateDeps {
  readonly native: NativeForks;
  readonly children: ForkedChildren;
  readonly adopted: AdoptedChildren;
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
  readonly titles: TemplateMessage['titles'];
  /** Modules to load before the first fork. */
  readonly preload: readonly string[];
  /** Called with what happens to it, until it is told to end. */
  readonly onEvent: (event: TemplateEvent) => void;
}

/** After `refused` and `lost` it is over. */
export type TemplateEvent = ForkEvent & { readonly kind: 'ready' | 'refused' | 'lost' };

/** A process that has loaded the program, and from which workers are forked. Runs in the server process. */
export class Template {
  readonly #deps: TemplateDeps;
  readonly #subject: TemplateSubject;
  readonly #monitor: ProcessMonitor;
  #diagnosis: ProcessDiagnosis | undefined;
  readonly #calls: ForkCalls;
  /** How many descriptors a worker has. In the template the next one is the socket for requests. */
  readonly #workerFds: number;
  #state: 'loading' | 'ready' | 'ended' = 'loading';
  /** Its script has called run() of the engine. */
  #hasEntered = false;
  /** It was given up before it was known how it ended. */
  #isGivenUp = false;
  readonly #limit: ClockTimer;

  /** @throws whatever prevents its start. */
  constructor(deps: TemplateDeps) {
    this.#deps = deps;
    this.#subject = new TemplateSubject({ group: deps.group });
    this.#workerFds = WATCHDOG_FD + (deps.spawn.hasWatchdog ? 1 : 0);
    const { native, children } = deps;
    const place = openSync('/dev/null', 'r+');
    const opened = [place];
    try {
      const [control, theirs] = pairOf(native, 1);
      opened.push(theirs);
      this.#calls = new ForkCalls({ ...deps, control, discard: (pid) => children.discard(pid) });
      this.#monitor = this.#start(theirs, place);
    } finally {
      for (const fd of opened) closeSync(fd);
    }
    const { clock, readyTimeoutMs } = deps;
    this.#limit = clock.after(readyTimeoutMs, () => this.#onLate(), { unref: true });
    void this.#monitor.exited.then((exit) => this.#onExited(exit.spawnError?.message ?? howItEnded(exit)));
  }

  get pid(): number | undefined {
    return this.#monitor.pid;
  }

  /** Whether it answers: it may be stopped, or swapped out. */
  async answers(): Promise<boolean> {
    return this.#state === 'ready' && this.#hear(await this.#calls.answers()) === true;
  }

  /** Undefined: it could not be forked. */
  async fork(pipes: NodePipes): Promise<ChildProcess | undefined> {
    if (this.#state !== 'ready') return undefined;
    const { native } = this.#deps;
    let ends: ChildEnds | undefined;
    const result = await this.#calls.fork(() => {
      ends = openEnds(pipes.stdio, native);
      return ends.theirs;
    });
    const pid = this.#hear(result);
    ends?.closeTheirs();
    const child = pid !== undefined && ends ? this.#childOf(pid, pipes, ends) : undefined;
    ends?.closeOurs();
    return child;
  }

  #childOf(pid: number, pipes: NodePipes, { take }: ChildEnds): ChildProcess | undefined {
    const { children, spawn } = this.#deps;
    const onEnd = (callback: OnEnd): void => children.add(pid, callback);
    const child = forkedChild(spawn.command, pipes, { pid, take, onEnd });
    if (child) return child;
    children.discard(pid);
    this.#endWith({ kind: 'refused', why: 'this version of Node takes no forked process for a child' });
    return undefined;
  }

  #hear<T>(result: CallResult<T>): T | undefined {
    if (result && 'why' in result) this.#giveUp(result.why);
    return result && 'value' in result ? result.value : undefined;
  }

  /** The workers that were forked from it go on. */
  end(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#limit.cancel();
    // First: what it has forked until now must not be lost.
    this.#calls.close();
    this.#monitor.signal('SIGKILL');
  }

  #start(theirs: number, boardPlace: number): ProcessMonitor {
    const { processes, prepare, proves, preload, titles, spawn, plan, logger, settings } = this.#deps;
    const contact = processes.startNode({ ...spawn, boardPlace, more: [theirs], compilesItself: true });
    const subject = this.#subject;
    const output = new WorkerOutput(this.#deps, subject, contact.pid, prepare.log);
    const monitor = processes.attachNode(contact, {
      subject,
      settings: () => ({ ...settings(), heartbeatTimeoutMs: undefined, readyTimeoutMs: undefined }),
      boot:
        contact.pid === undefined
          ? Buffer.alloc(0)
          : encodeMessage({ prepare, control: this.#workerFds, proves, preload, titles }),
      onLog: output.onLog,
      onStdout: output.onStdout,
      onStderr: output.onStderr,
    });
    if (plan.isOn) {
      this.#diagnosis = new ProcessDiagnosis({ ...this.#deps, contact, subject, onStderr: output.onStderr });
    }
    if (contact.pid !== undefined) {
      onChecked(monitor, isChildMessage, logger, (said) => {
        if (said.type === 'entered') this.#hasEntered = true;
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
      if (this.#state !== 'loading') return;
      const why = this.#hasEntered ? 'beforeFork(), or a module of preload, has not ended' : NEVER_RUN;
      this.#lose(`it was not ready after ${readyTimeoutMs} ms: ${why}`);
    });
  }

  #onExited(how: string): void {
    this.#lose(this.#state === 'loading' ? `it ended with ${how} while it loaded the program` : how);
    if (!this.#isGivenUp) return;
    this.#deps.logger.warn('the process that workers were forked from has ended', {
      ...this.#subject.fields,
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
