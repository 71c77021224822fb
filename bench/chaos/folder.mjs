// The folder of one engine under chaos: its configuration, its release, its log on a disk that can be full, its facts.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
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
import { freePort } from '../lib/free-port.mjs';
import { TIMES } from './shapes.mjs';

const DISK_KB = 768;
/** Above what a worker may have before it matters who has the connections. */
const HELD = 100;

/** Whether a file system of a few kilobytes can be mounted, which a full disk needs. */
export function canMount() {
  if (process.getuid() !== 0) return false;
  const folder = mkdtempSync(join(tmpdir(), 'chaos-'));
  const isMounted = mount(folder);
  if (isMounted) unmount(folder);
  rmSync(folder, { recursive: true, force: true });
  return isMounted;
}

/** It looks each second; a busy machine makes that longer. */
const MOVED_MS = 10_000;

export class Folder {
  root = mkdtempSync(join(tmpdir(), 'chaos-'));
  shape;
  #moved = 0;
  #movedAt = -Infinity;
  #hasDisk = false;
  #config;
  #chaos;

  constructor(shape) {
    this.shape = shape;
  }

  async prepare({ groups = {}, ...config }) {
    const { shape } = this;
    for (const name of ['facts', 'asks', 'answers', 'orders', 'log', 'sockets', 'harvest', 'heaps'])
      mkdirSync(this.path(name));
    this.#hasDisk = shape.hasDisk && mount(this.path('log'));
    const children = Object.keys(groups).filter((name) => groups[name].killTree);
    this.#chaos = { ports: {}, unix: this.path('unix'), crash: [], version: 1, children };
    for (const { name } of shape.groups) this.#chaos.ports[name] = await freePort();
    this.#config = {
      ...TIMES,
      // Often, and none is taken away: every line can be counted.
      logRotateSize: 60_000,
      logRotateAge: 1000,
      ...config,
      supervisor: shape.supervisor,
      ...(shape.supervisor ? { enableDetach: true } : {}),
      signalUpgrade: 'SIGURG',
      log: this.path('log/app.log'),
      logFormat: 'json',
      pidPath: this.path('pid'),
      sigdumpDir: this.root,
      groups: Object.fromEntries(
        shape.groups.map(({ name, workers }) => [name, { workers, ...groups[name] }]),
      ),
    };
    this.setConfig({});
  }

  path(name) {
    return join(this.root, name);
  }

  get isDaemon() {
    return this.#config.daemonize === true;
  }

  get standbyWorkers() {
    return this.#config.standbyWorkers ?? 0;
  }

  get autoscale() {
    return this.#config.autoscale;
  }

  /** The groups whose programs have a child, which must end with them. */
  get children() {
    return this.#chaos.children;
  }

  get version() {
    return this.#chaos.version;
  }

  /** What workers listen on: a port for each group, and a unix socket where there are process workers. */
  targets() {
    const { groups } = this.#config;
    const targets = Object.entries(this.#chaos.ports).map(([name, port]) => ({
      name,
      port,
      ...(groups[name].acceptBalance ? { held: HELD } : {}),
    }));
    const hasUnix = this.shape.groups.some(({ type }) => type === 'process');
    return hasUnix ? [...targets, { name: 'unix', path: this.#chaos.unix }] : targets;
  }

  /** What a good configuration would be, with these things wrong. */
  setConfig({ crash = [], keys = {}, text }) {
    this.#chaos.version += 1;
    const good = { ...this.#config, ...keys, chaos: { ...this.#chaos, crash } };
    this.#write('config.json', text ?? JSON.stringify(good));
  }

  /** While it is broken, every process that starts fails. */
  setRelease(isBroken) {
    if (isBroken) writeFileSync(this.path('broken-release'), '');
    else rmSync(this.path('broken-release'), { force: true });
  }

  order(worker, order) {
    this.#write(`orders/${worker}`, JSON.stringify(order));
  }

  dropOrders() {
    for (const name of namesIn(this.path('orders'))) rmSync(this.path(`orders/${name}`), { force: true });
  }

  /** A question for the app; see app.cjs. */
  putAsk(name, ask) {
    this.#write(`asks/${name}`, JSON.stringify(ask));
  }

  /** Its answer, once; undefined: not yet. */
  takeAnswer(name) {
    const path = this.path(`answers/${name}`);
    if (!existsSync(path)) return undefined;
    const value = JSON.parse(readFileSync(path, 'utf8'));
    rmSync(path);
    return value;
  }

  dropAsk(name) {
    rmSync(this.path(`asks/${name}`), { force: true });
  }

  /** The version of the configuration that each worker has, by `GROUP-ID-PID`. */
  facts() {
    return new Map(
      namesIn(this.path('facts')).map((name) => [name, Number(textOf(this.path(`facts/${name}`)))]),
    );
  }

  /** While it is on, a SIGWINCH is the question for the heap. */
  measure(isOn) {
    if (isOn) writeFileSync(this.path('measure'), '');
    else rmSync(this.path('measure'), { force: true });
  }

  /** What is in use of the heap of that process after a collection, once; undefined: it has not said it yet. */
  takeHeapBytes(pid) {
    const text = textOf(this.path(`heaps/${pid}`));
    rmSync(this.path(`heaps/${pid}`), { force: true });
    return text === '' ? undefined : Number(text);
  }

  get pidInFile() {
    return Number(textOf(this.path('pid')));
  }

  /** What must be gone after the end. */
  leftovers() {
    return [
      ...['pid', 'pid.lock', 'unix'].filter((name) => existsSync(this.path(name))),
      ...namesIn(this.path('sockets')).map((name) => `sockets/${name}`),
    ];
  }

  moveLog() {
    this.#moved += 1;
    const log = this.path('log/app.log');
    if (existsSync(log)) renameSync(log, this.path(`log/moved.${this.#moved}`));
    this.#movedAt = Date.now();
  }

  fillDisk() {
    if (!this.#hasDisk) return;
    const args = ['if=/dev/zero', `of=${this.path('log/filling')}`, 'bs=4096', 'count=10000'];
    spawnSync('dd', args, { stdio: 'ignore' });
  }

  /** Also of old files: what is logged would fill it by itself. */
  freeDisk() {
    rmSync(this.path('log/filling'), { force: true });
    if (!this.#hasDisk) return;
    // The engine writes into a moved file until it has looked: what it adds must not be lost with a copy.
    const isWritten = Date.now() - this.#movedAt < MOVED_MS;
    const old = isWritten ? /^app\.log\./ : /^(app\.log\.|moved\.)/;
    for (const name of namesIn(this.path('log')).filter((one) => old.test(one))) {
      this.#moved += 1;
      writeFileSync(this.path(`harvest/${this.#moved}`), readFileSync(this.path(`log/${name}`)));
      rmSync(this.path(`log/${name}`));
    }
  }

  /** The text of each file of the log. */
  logTexts() {
    return ['harvest', 'log'].flatMap((folder) =>
      namesIn(this.path(folder))
        .filter((name) => name !== 'filling')
        .map((name) => readFileSync(this.path(`${folder}/${name}`), 'utf8')),
    );
  }

  remove() {
    if (this.#hasDisk) unmount(this.path('log'));
    rmSync(this.root, { recursive: true, force: true });
  }

  /** Whole or not at all. */
  #write(name, text) {
    writeFileSync(this.path('new'), text);
    renameSync(this.path('new'), this.path(name));
  }
}

function mount(folder) {
  const args = ['-t', 'tmpfs', '-o', `size=${DISK_KB}k`, 'tmpfs', folder];
  return spawnSync('mount', args, { stdio: 'ignore' }).status === 0;
}

function unmount(folder) {
  spawnSync('umount', ['--lazy', folder], { stdio: 'ignore' });
}

function namesIn(path) {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function textOf(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
