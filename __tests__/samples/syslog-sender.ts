import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { reapAfterEach } from '../support/reaping';

export const hasLogger = spawnSync('logger', ['--version']).status === 0;

/** The command `logger`, which sends each line of its stdin to a collector. */
export class SyslogSender {
  readonly #protocol: 'udp' | 'tcp';
  readonly #child: ChildProcessByStdio<Writable, null, null>;
  readonly #ended: Promise<unknown>;

  constructor(protocol: 'udp' | 'tcp', port: number) {
    const where = ['--server', '127.0.0.1', '--port', String(port), `--${protocol}`];
    this.#protocol = protocol;
    this.#child = spawn('logger', where, { stdio: ['pipe', 'ignore', 'inherit'] });
    this.#child.stdin.on('error', () => {});
    this.#ended = once(this.#child, 'close');
    reapAfterEach(() => void this.#child.kill('SIGKILL'));
  }

  /** Returns the line that it sends. */
  send(id: number): string {
    const line = `${this.#protocol}-${String(id)}`;
    this.#child.stdin.write(`${line}\n`);
    return line;
  }

  /** Resolves when everything is sent. */
  async end(): Promise<void> {
    this.#child.stdin.end();
    await this.#ended;
  }
}
