import { spawn } from 'node:child_process';
import http from 'node:http';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ask, Life, Recording } from './recording';

const WORKERS = 4;
const KILLED = 2;
const EVERY_MS = 4;
const BEFORE_MS = 120;
const AFTER_MS = 80;

interface LogRecord {
  readonly time: string;
  readonly role: string;
  readonly pid: number;
  readonly worker?: number;
  readonly message: string;
  readonly workerId?: number;
  readonly pid_?: number;
  readonly port?: number;
}

/** Runs a real engine under constant requests, kills a worker, and resolves with the recording. */
export async function recordHeal(): Promise<Recording> {
  const child = spawn(process.execPath, [join(__dirname, 'app.cjs')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  try {
    const log = new Log(child.stdout);
    const listening = await log.untilListening(WORKERS);
    const client = new Client(listening[0]?.port ?? 0);
    await sleep(BEFORE_MS);
    const victim = listening.find(({ worker }) => worker === KILLED);
    if (!victim) throw new Error(`worker ${KILLED} does not listen`);
    const killedAt = Date.now();
    process.kill(victim.pid, 'SIGKILL');
    await log.untilListening(WORKERS + 1);
    await client.untilAnsweredBy(KILLED, killedAt);
    await sleep(AFTER_MS);
    const asks = await client.end();
    const toMs = Date.now() - killedAt;
    const serverPid = log.records.find(({ role }) => role === 'server')?.pid ?? 0;
    const lives = log.lives(killedAt);
    return {
      where: machine(),
      supervisorPid: child.pid ?? 0,
      serverPid,
      killed: KILLED,
      lives: lives.map((life) => (life.pid === victim.pid ? { ...life, endedMs: 0 } : life)),
      asks: asks.map(({ askedMs, answeredMs, workerId }) => ({
        askedMs: askedMs - killedAt,
        answeredMs: answeredMs - killedAt,
        workerId,
      })),
      fromMs: -BEFORE_MS,
      toMs,
    };
  } finally {
    child.kill('SIGTERM');
    await Promise.race([ended, sleep(10_000)]);
    try {
      process.kill(-(child.pid ?? 0), 'SIGKILL');
    } catch {
      // The process had ended already.
    }
  }
}

function machine(): string {
  const [load = 0] = loadavg();
  return `Node ${process.versions.node}, ${availableParallelism()} cores, load ${load.toFixed(1)}`;
}

/** The log records of the engine as they arrive. */
class Log {
  readonly records: LogRecord[] = [];
  readonly #lines: AsyncIterator<string>;

  constructor(stdout: NodeJS.ReadableStream) {
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  /** Resolves with the first `count` records of workers that listen. */
  async untilListening(count: number): Promise<readonly LogRecord[]> {
    for (;;) {
      const found = this.records.filter(({ message }) => message === 'listening');
      if (found.length >= count) return found;
      const { value, done } = (await this.#lines.next()) as IteratorResult<string, undefined>;
      if (done) throw new Error(`the engine ended:\n${JSON.stringify(this.records, undefined, 1)}`);
      this.records.push(JSON.parse(value) as LogRecord);
    }
  }

  lives(zero: number): readonly Life[] {
    const at = (record: LogRecord | undefined): number | undefined =>
      record && Date.parse(record.time) - zero;
    const started = this.records.filter(({ message }) => /^worker \d+ started$/.test(message));
    return this.records
      .filter(({ message }) => message === 'listening')
      .map((record) => ({
        workerId: record.worker ?? 0,
        pid: record.pid,
        startedMs: at(started.find(({ pid_ }) => pid_ === record.pid)),
        listeningMs: at(record),
      }));
  }
}

/** Sends a request on a new connection every few milliseconds, without waiting for the last answer. */
class Client {
  readonly #port: number;
  readonly #asks: Ask[] = [];
  readonly #open = new Set<Promise<void>>();
  readonly #timer: NodeJS.Timeout;

  constructor(port: number) {
    this.#port = port;
    this.#timer = setInterval(() => this.#ask(), EVERY_MS);
  }

  async untilAnsweredBy(workerId: number, afterMs: number): Promise<void> {
    const hasAnswered = (ask: Ask): boolean => ask.workerId === workerId && ask.askedMs > afterMs;
    while (!this.#asks.some(hasAnswered)) await sleep(EVERY_MS);
  }

  async end(): Promise<readonly Ask[]> {
    clearInterval(this.#timer);
    await Promise.all(this.#open);
    return this.#asks;
  }

  #ask(): void {
    const askedMs = Date.now();
    const asked = answerOf(this.#port).then((workerId) => {
      this.#asks.push({ askedMs, answeredMs: Date.now(), workerId });
      this.#open.delete(asked);
    });
    this.#open.add(asked);
  }
}

/** Undefined without an answer. */
function answerOf(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const request = http.get({ host: '127.0.0.1', port, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve(Number(text)));
      response.on('error', () => resolve(undefined));
    });
    request.on('error', () => resolve(undefined));
  });
}
