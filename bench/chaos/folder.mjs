// The folder of one engine under chaos: its configuration, release, log on a disk that can be full, and facts.
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
/** More than a worker may hold before the balance of connections matters. */
const HELD = 100;

/** Whether a file system of a few kilobytes can be mounted, for a full disk. */
export function canMount() {
  if (process.getuid() !== 0) return false;
  const folder = mkdtempSync(join(tmpdir(), 'chaos-'));
  const isMounted = mount(folder);
  if (isMounted) unmount(folder);
  rmSync(folder, { recursive: true, force: true });
  return isMounted;
}

/** The engine checks every second. A busy machine needs longer. */
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
    for (const name of [
      'facts',
      'asks',
      'answers',
      'orders',
      'log',
      'sockets',
      'harvest',
      'heaps',
      'templates',
      'tmp',
    ])
      mkdirSync(this.path(name));
    this.#hasDisk = shape.hasDisk && mount(this.path('log'));
    const children = Object.keys(groups).filter((name) => groups[name].killTree);
    this.#chaos = { ports: {}, unix: this.path('unix'), crash: [], version: 1, children };
    for (const { name } of shape.groups) this.#chaos.ports[name] = await freePort();
    this.#config = {
      ...TIMES,
      // Frequent rotation without deletion: every line can be counted.
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

  /** The groups whose programs have a child process, which must end with them. */
  get children() {
    return this.#chaos.children;
  }

  get version() {
    return this.#chaos.version;
  }

  /** The addresses that workers listen on: a port for each group, and a unix socket where there are process workers. */
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

  /** Writes a good configuration with these faults. */
  setConfig({ crash = [], keys = {}, text }) {
    this.#chaos.version += 1;
    const good = { ...this.#config, ...keys, chaos: { ...this.#chaos, crash } };
    this.#write('config.json', text ?? JSON.stringify(good));
  }

  /** While the release is broken, every process that starts fails. */
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

  /** A question for the app: see app.cjs. */
  putAsk(name, ask) {
    this.#write(`asks/${name}`, JSON.stringify(ask));
  }

  /** Returns its answer once, or undefined until it is there. */
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

  /** Whether that process has loaded the app for workers, which are forked from it. */
  isTemplate(pid) {
    return existsSync(this.path(`templates/${pid}`));
  }

  /** The pids of all processes that have loaded it, also of those that are gone. */
  templates() {
    return namesIn(this.path('templates')).map(Number);
  }

  /** The version of the configuration in each worker, by `GROUP-ID-PID`. */
  facts() {
    return new Map(
      namesIn(this.path('facts')).map((name) => [name, Number(textOf(this.path(`facts/${name}`)))]),
    );
  }

  /** While it is on, SIGWINCH asks for the heap. */
  measure(isOn) {
    if (isOn) writeFileSync(this.path('measure'), '');
    else rmSync(this.path('measure'), { force: true });
  }

  /** Returns the used heap of that process after a collection once, or undefined until it is there. */
  takeHeapBytes(pid) {
    const text = textOf(this.path(`heaps/${pid}`));
    rmSync(this.path(`heaps/${pid}`), { force: true });
    return text === '' ? undefined : Number(text);
  }

  get pidInFile() {
    return Number(textOf(this.path('pid')));
  }

  /** The files that must be gone after the end. */
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

  /** Old log files too, because the log itself would fill the disk. */
  freeDisk() {
    rmSync(this.path('log/filling'), { force: true });
    if (!this.#hasDisk) return;
    // The engine writes into a moved file until it checks. A copy must not lose those lines.
    const isWritten = Date.now() - this.#movedAt < MOVED_MS;
    const old = isWritten ? /^app\.log\./ : /^(app\.log\.|moved\.)/;
    for (const name of namesIn(this.path('log')).filter((one) => old.test(one))) {
      this.#moved += 1;
      writeFileSync(this.path(`harvest/${this.#moved}`), readFileSync(this.path(`log/${name}`)));
      rmSync(this.path(`log/${name}`));
    }
  }

  /** The text of each log file. */
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

  /** Writes the file atomically. */
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
