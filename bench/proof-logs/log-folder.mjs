// The folder of one log, whose files are moved meanwhile, and their contents at the end.
import { execFile } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';

const run = promisify(execFile);
const LOGROTATE = ['/usr/sbin/logrotate', '/usr/bin/logrotate'].find((path) => existsSync(path));

export class LogFolder {
  path = mkdtempSync(join(tmpdir(), 'proof-logs-'));
  log = join(this.path, 'app.log');
  progress = join(this.path, 'progress');
  moves = 0;
  #isHeld = false;
  #moving = Promise.resolve();

  constructor() {
    mkdirSync(this.progress);
    mkdirSync(join(this.path, 'moved'));
  }

  /** Moves the log away, by logrotate where it is installed. The log sink must notice that by itself. */
  async move() {
    if (this.#isHeld) return;
    this.#moving = this.#moveAway();
    await this.#moving;
  }

  /** Moves nothing while `act` runs, which starts once the sink has noticed the last move. */
  async unmoved(act) {
    this.#isHeld = true;
    await this.#moving;
    while (!existsSync(this.log)) await sleep(5);
    await act();
    this.#isHeld = false;
  }

  async #moveAway() {
    this.moves += 1;
    const target = join(this.path, 'moved');
    if (!LOGROTATE) {
      if (existsSync(this.log)) renameSync(this.log, join(target, `app.log.${this.moves}`));
      return;
    }
    const config = join(this.path, 'logrotate.conf');
    // A new extension each time, so that no earlier file is in the way.
    writeFileSync(
      config,
      `"${this.log}" {\n  su root root\n  rotate 1000\n  olddir ${target}\n  nocreate\n  missingok\n  dateext\n  dateformat -${this.moves}\n}\n`,
      { mode: 0o644 },
    );
    await run(LOGROTATE, ['--force', '--state', join(this.path, 'state'), config]);
  }

  /** The text of every file of the log. */
  texts() {
    const files = readdirSync(this.path)
      .filter((name) => /^app\.log(\.|$)/.test(name))
      .map((name) => join(this.path, name))
      .filter((file) => lstatSync(file).isFile());
    const moved = readdirSync(join(this.path, 'moved')).map((name) => join(this.path, 'moved', name));
    return [...files, ...moved].map((file) => {
      const bytes = readFileSync(file);
      return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
    });
  }

  get rotations() {
    return readdirSync(this.path).filter((name) => /^app\.log\.\d+/.test(name)).length;
  }

  /** The progress that each writer noted after each call of the logger. */
  noted() {
    const writers = readdirSync(this.progress).filter((name) => !name.endsWith('.done'));
    const entries = writers.map((writer) => {
      const bytes = readFileSync(join(this.progress, writer));
      return [writer, bytes.length < 4 ? 0 : bytes.readUInt32LE(0)];
    });
    return new Map(entries);
  }

  /** How many writers have written all their lines. */
  get done() {
    return readdirSync(this.progress).filter((name) => name.endsWith('.done')).length;
  }

  isDone(writer) {
    return existsSync(join(this.progress, `${writer}.done`));
  }

  remove() {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export const moverName = LOGROTATE ? 'logrotate' : 'rename';
