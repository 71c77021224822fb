import type { ChildProcess } from 'node:child_process';
import type { Clock } from '../common/clock';
import { marked } from '../node-internals/marked-messages';
import { sendSignal, signalGroup } from '../common/signals';
import type { ChildExit } from './child-exit';
import { endRestOfGroup } from './process-group';
import type { ParentMessage } from '../protocol/protocol';
import type { BoardEntry } from './scoreboard';

// A program that it left behind may hold its output open for ever. This is less than the end of a server waits for last
// words.
const PIPES_HELD_MS = 500;

/** What belongs to a child, besides the process itself. */
export interface ContactOptions {
  /** Its record on the board. */
  readonly board?: BoardEntry | undefined;
  /** It leads a process group, which ends with it. */
  readonly leadsGroup?: boolean;
}

/** One child process: how to reach it, and when it has ended. No supervision here. */
export class ProcessContact {
  readonly child: ChildProcess;
  /** Its record on the board. Undefined: it beats into its pipe. */
  readonly board: BoardEntry | undefined;
  readonly exited: Promise<ChildExit>;
  /** It has ended, and all of its output was read; if another program holds its output open, the wait is bounded. */
  readonly drained: Promise<void>;
  /** It has booted: its signal handlers are in place. */
  readonly firstBeat: Promise<void>;
  /** It leads a process group, which ends with it. */
  readonly leadsGroup: boolean;
  readonly #onExit: (() => void)[] = [];
  #isAlive = true;
  #resolveFirstBeat: (() => void) | undefined;

  constructor(child: ChildProcess, clock: Clock, { board, leadsGroup = false }: ContactOptions = {}) {
    this.child = child;
    this.board = board;
    this.leadsGroup = leadsGroup;
    this.firstBeat = new Promise((resolve) => {
      this.#resolveFirstBeat = resolve;
    });
    this.exited = new Promise((resolve) => {
      const finish = (exit: ChildExit): void => {
        if (!this.#isAlive) return;
        this.#isAlive = false;
        resolve(exit);
        for (const callback of this.#onExit) callback();
      };
      child.once('exit', (code, signal) => finish({ code, signal, ...this.#endRest() }));
      child.on('error', (error) => {
        // Without a pid it was never started; with one this is a failed send or kill, and the exit event will come.
        if (child.pid === undefined) finish({ code: null, signal: null, spawnError: error });
      });
    });
    this.drained = new Promise((resolve) => {
      if (child.pid === undefined) resolve();
      child.once('exit', () => {
        const timer = clock.after(PIPES_HELD_MS, resolve, { unref: true });
        child.once('close', () => timer.cancel());
      });
      child.once('close', () => resolve());
    });
  }

  /** Undefined: it was never started. */
  get pid(): number | undefined {
    return this.child.pid;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** It has beaten at least once: its signal handlers are in place. */
  get hasBeaten(): boolean {
    return this.#resolveFirstBeat === undefined;
  }

  /** Calls back at its end, at once. */
  onExit(callback: () => void): void {
    this.#onExit.push(callback);
  }

  noteBeat(): void {
    this.#resolveFirstBeat?.();
    this.#resolveFirstBeat = undefined;
  }

  /** At once: when its end is reported, nothing of its group is left. */
  #endRest(): Pick<ChildExit, 'leftProcesses'> {
    if (!this.leadsGroup || this.pid === undefined) return {};
    return { leftProcesses: endRestOfGroup(this.pid) };
  }

  /**
   * Sent to its whole group if it leads one. Before the leader is collected, the group cannot belong to another
   * process.
   */
  signalAll(signal: NodeJS.Signals): void {
    if (!this.leadsGroup) this.signal(signal);
    else if (this.#isAlive && this.pid !== undefined) signalGroup(this.pid, signal);
  }

  /** By pid: `killed` of the handle only means that a signal was sent. */
  signal(signal: NodeJS.Signals): void {
    if (this.#isAlive && this.pid !== undefined) sendSignal(this.pid, signal);
  }

  /**
   * Over IPC, once the other end listens. A child that is gone meanwhile is no error here: its exit is reported anyway.
   */
  send(message: ParentMessage): void {
    const send = (): void => {
      if (this.child.connected) this.child.send(marked(message, this.pid), () => {});
    };
    if (this.hasBeaten) send();
    else void this.firstBeat.then(send);
  }
}
