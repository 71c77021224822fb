import {
  decodeMessage,
  type BootMessage,
  type ChildMessage,
  type ParentMessage,
  type ReloadMessage,
} from '../process/protocol';
import { outliveParent } from './cluster-child';
import { holdWhileAsking, whenAnswered } from './hold-while-asking';
import { readExactly } from './read-exactly';

/** The IPC channel to the process above. It never holds the event loop open once the worker has booted. */
export class ParentLink {
  #onReload: ((message: ReloadMessage) => void) | undefined;
  readonly #earlyReloads: ReloadMessage[] = [];
  #onCommand: (command: 'dump' | 'hurry') => void = () => {};

  constructor() {
    outliveParent();
  }

  /** The first message. The process ends when the parent died before it was sent: nothing was begun. */
  boot(): BootMessage {
    const boot = decodeMessage(readExactly) as BootMessage | undefined;
    if (!boot) process.exit(0);
    process.on('message', (message: ParentMessage | null) => {
      if (message?.type === 'dump' || message?.type === 'hurry') this.#onCommand(message.type);
      if (message?.type === 'close_debugger') void closeDebugger();
      if (message?.type !== 'reload') return;
      if (this.#onReload) this.#onReload(message);
      else this.#earlyReloads.push(message);
    });
    process.channel?.unref();
    holdWhileAsking();
    return boot;
  }

  onReload(consume: (message: ReloadMessage) => void): void {
    this.#onReload = consume;
    for (const message of this.#earlyReloads.splice(0)) consume(message);
  }

  /** One that comes earlier has nothing to work on. */
  onCommand(consume: (command: 'dump' | 'hurry') => void): void {
    this.#onCommand = consume;
  }

  onOrphaned(callback: () => void): void {
    if (process.connected) process.once('disconnect', callback);
    else callback();
  }

  send(message: ChildMessage): void {
    const isOwn = message.type === 'ready' && message.isOwn;
    if (isOwn) this.#send(message);
    else whenAnswered(() => this.#send(message));
  }

  #send(message: ChildMessage): void {
    // A parent that is gone is noticed by 'disconnect'; a send that fails for it must not throw.
    if (process.connected) process.send?.(message, undefined, undefined, () => {});
  }
}

/** It was opened by a signal from outside, or for a look at what we were doing. */
async function closeDebugger(): Promise<void> {
  const { close } = await import('node:inspector');
  close();
}
