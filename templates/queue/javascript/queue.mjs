import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A folder as a queue: enough to begin with, on one machine. A job is a file, and who renames it has it. Replace this by a
 * queue that several machines share, such as BullMQ: see samples/08-queue-worker.ts of serverengine.
 */
export class Queue {
  #folder;
  #waiting;
  #taken;
  #failed;

  constructor(folder) {
    this.#folder = folder;
    this.#waiting = join(folder, 'waiting');
    this.#taken = join(folder, 'taken');
    this.#failed = join(folder, 'failed');
    for (const path of [this.#waiting, this.#taken, this.#failed]) mkdirSync(path, { recursive: true });
  }

  add(text) {
    const id = `${Date.now()}-${randomUUID()}`;
    // A worker sees the whole file or none.
    writeFileSync(join(this.#folder, id), text);
    renameSync(join(this.#folder, id), join(this.#waiting, id));
    return { id, text };
  }

  /** The oldest job that waits. */
  take() {
    for (const id of readdirSync(this.#waiting).sort()) {
      const own = this.#own(id);
      try {
        renameSync(join(this.#waiting, id), own);
      } catch {
        // Another worker has it.
        continue;
      }
      return { id, text: readFileSync(own, 'utf8') };
    }
    return undefined;
  }

  done({ id }) {
    rmSync(this.#own(id));
  }

  /** Puts it aside, for you to look at. */
  fail({ id }) {
    renameSync(this.#own(id), join(this.#failed, id));
  }

  /** Puts back what was taken by a worker that was killed: that job is begun again. */
  recover() {
    for (const name of readdirSync(this.#taken)) {
      const [pid = '', id = ''] = name.split('_');
      if (isAlive(Number(pid))) continue;
      try {
        renameSync(join(this.#taken, name), join(this.#waiting, id));
      } catch {
        // Another worker has put it back.
      }
    }
  }

  #own(id) {
    return join(this.#taken, `${process.pid}_${id}`);
  }
}

function isAlive(pid) {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
