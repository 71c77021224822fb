import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { irregularity } from '../common/file-kind';
import { NOCTTY, NOFOLLOW, NONBLOCK } from '../common/open-flags';

/** Logs contain data about users and customers: no access for others, whatever the umask is. */
export const DEFAULT_LOG_MODE = 0o640;

/** O_NONBLOCK: opening a FIFO would wait for a reader, and only SIGKILL could end the process. */
const FLAGS = constants.O_APPEND | constants.O_WRONLY | NONBLOCK | NOCTTY;

const STREAM = /^\/(?:dev|proc\/self|proc\/thread-self)\/fd\/(\d+)$/;
const STREAM_NAMES: Readonly<Record<string, number>> = {
  '/dev/stdin': 0,
  '/dev/stdout': 1,
  '/dev/stderr': 2,
};
/** As many as the kernel follows. */
const MOST_LINKS = 40;

/**
 * The descriptor of ours that a path stands for: /dev/stdout, /dev/fd/3, or a link to one, as in containers. It is used
 * directly: opening it by its path would fail if it is a socket (journald), or if root made it and we have another user
 * by now.
 */
export function streamBehind(path: string): number | undefined {
  let at = path;
  for (let links = 0; links < MOST_LINKS; links += 1) {
    const fd = STREAM_NAMES[at] ?? STREAM.exec(at)?.[1] ?? ownDescriptor(at);
    if (fd !== undefined) return Number(fd);
    try {
      at = resolve(realpathSync(dirname(at)), readlinkSync(at));
    } catch {
      return undefined;
    }
  }
  return undefined;
}

/** By its number, as a link may give it: /proc/4711/fd/1. */
function ownDescriptor(path: string): string | undefined {
  const prefix = `/proc/${String(process.pid)}/fd/`;
  const number = path.startsWith(prefix) ? path.slice(prefix.length) : '';
  return /^\d+$/.test(number) ? number : undefined;
}

/**
 * Opens a file for appending, or makes it. Never blocks, whatever is there: it accepts a regular file, a character
 * device (/dev/null) and a FIFO with a reader, and refuses anything else with an explanation.
 * @throws what the file system throws.
 */
export function openForAppending(path: string, mode: number): number {
  let fd: number;
  try {
    fd = process.geteuid?.() === 0 ? openAsRoot(path, mode) : openSync(path, FLAGS | constants.O_CREAT, mode);
  } catch (error) {
    throw inWords(error as NodeJS.ErrnoException, path);
  }
  const stats = fstatSync(fd);
  if (stats.isFile() || stats.isCharacterDevice() || stats.isFIFO()) return fd;
  closeSync(fd);
  throw new Error(refusal(irregularity(stats)));
}

/**
 * Root may write anywhere, so it must not be led there. A link of root is followed. A link of another user is followed
 * only to a file of the same user, and no new file is made at its end. Otherwise the owner of the log's folder could
 * have any file of the system written to.
 */
function openAsRoot(path: string, mode: number): number {
  const owner = ownerOfLink(path);
  if (owner === undefined) return openSync(path, FLAGS | constants.O_CREAT | NOFOLLOW, mode);
  if (owner === 0) return openSync(path, FLAGS | constants.O_CREAT, mode);
  const fd = openIfThere(path);
  if (fd !== undefined && fstatSync(fd).uid === owner) return fd;
  if (fd !== undefined) closeSync(fd);
  const target = fd === undefined ? 'nothing' : 'a file of another user';
  throw new Error(
    `there is a symbolic link of user ${String(owner)} to ${target}, which root does not follow`,
  );
}

function ownerOfLink(path: string): number | undefined {
  const there = lstatSync(path, { throwIfNoEntry: false });
  return there?.isSymbolicLink() ? there.uid : undefined;
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, FLAGS);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function inWords(error: NodeJS.ErrnoException, path: string): Error {
  if (error.code !== 'ENXIO' && error.code !== 'EISDIR') return error;
  const there = statSync(path, { throwIfNoEntry: false });
  const kind = there && irregularity(there);
  if (kind === undefined) return error;
  return new Error(there?.isFIFO() ? `there is ${kind} that no process reads` : refusal(kind), {
    cause: error,
  });
}

function refusal(kind: string | undefined): string {
  return `there is ${kind ?? 'something'}, which cannot be a log`;
}
