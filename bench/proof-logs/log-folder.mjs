// The folder of one log: who moves files in it meanwhile, and what is in them in the end.
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

  /** Moves the log away: by logrotate itself where it is installed. Tells nobody: the sink has to notice. */
  async move() {
    if (this.#isHeld) return;
    this.#moving = this.#moveAway();
    await this.#moving;
  }

  /** While `act` runs nothing is moved. It begins when the sink has noticed the last move. */
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
    // Each time under another extension, so that it never runs into a file of before.
    writeFileSync(
      config,
      `"${this.log}" {\n  su root root\n  rotate 1000\n  olddir ${target}\n  nocreate\n  missingok\n  dateext\n  dateformat -${this.moves}\n}\n`,
      { mode: 0o644 },
    );
    await run(LOGROTATE, ['--force', '--state', join(this.path, 'state'), config]);
  }

  /** The text of every file that the log consists of. */
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

  /** How far each writer came, as it noted itself after each call of the logger. */
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
