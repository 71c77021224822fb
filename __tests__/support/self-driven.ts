import { start, type Program } from './program';

const BASE = { serverDetachWait: 0.1 };

/** With a supervisor or without one. */
export type Mode = { readonly supervisor: boolean };

/** A program that does to its own engine what the test says, and reports the outcome. */
export class SelfDriven {
  readonly program: Program;
  readonly config: Record<string, unknown>;

  constructor(mode: Mode, more: Record<string, unknown> = {}, fixture = 'self-driven') {
    this.config = { ...BASE, ...mode, ...more };
    this.program = start(fixture, { config: this.config });
  }

  /** Starts a call. Resolves with its answer. */
  async call<R>(call: string, ...args: readonly unknown[]): Promise<R> {
    const since = this.program.now;
    this.program.write(`${JSON.stringify({ call, args })}\n`);
    const line = await this.program.waitForLine(new RegExp(`^(answer|thrown) ${call} `), { since });
    return JSON.parse(line.replace(/^\w+ \w+ /, '')) as R;
  }

  reconfigure(change: Record<string, unknown>): void {
    Object.assign(this.config, change);
    this.program.setConfig(this.config);
  }

  async up(): Promise<this> {
    await this.program.waitForWorkers(2);
    return this;
  }
}
