import { chmodSync, linkSync, mkdtempSync, rmdirSync } from 'node:fs';
import type net from 'node:net';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { messageOf, ServerEngineError } from '../common/errors';
import { OWN_SOCKET } from './own-socket';
import { MAX_PATH_BYTES } from './unix-path';
import { unlink } from './unix-file';
import { makeWay } from './unix-probe';

const PRIVATE = 0o600;
const INNER_NAME = 's';

/** The owner of the socket, for error messages. */
export interface PrivateSocketOptions {
  /** The subject of a sentence: 'The socket manager'. */
  readonly owner: string;
  /** How to get another path; ends a sentence. */
  readonly cure: string;
  /** Gives the socket its name. Default: never replaces something that is in use. */
  readonly giveName?: (made: string, path: string) => void | Promise<void>;
}

/**
 * Listens at an absolute path. The socket is made inside a directory that only we may enter, and gets its name once its
 * mode is right: at no moment could others connect. It is not removed when the server closes.
 * @throws EADDRINUSE when something at the path is in use; ServerEngineError when the path cannot be that of a socket.
 */
export async function listenPrivately(
  server: net.Server,
  path: string,
  options: PrivateSocketOptions,
): Promise<void> {
  const directory = makeDirectory(path, options);
  try {
    const inner = join(directory, INNER_NAME);
    checkLength(path, inner, options);
    // exclusive: in a process of a tree Node would ask the parent for the socket.
    const own = { path: inner, exclusive: true, [OWN_SOCKET]: true };
    server.listen(own);
    await once(server, 'listening');
    chmodSync(inner, PRIVATE);
    await (options.giveName ?? giveName)(inner, path);
  } catch (error) {
    server.close();
    throw error;
  } finally {
    removeDirectory(directory);
  }
}

/** Not recursively: the owner of the parent folder could have replaced it with a link. */
function removeDirectory(directory: string): void {
  unlink(join(directory, INNER_NAME));
  try {
    rmdirSync(directory);
  } catch {
    // It is gone, or no longer ours.
  }
}

function makeDirectory(path: string, { owner, cure }: PrivateSocketOptions): string {
  try {
    return mkdtempSync(join(dirname(path), '.se-'));
  } catch (error) {
    throw new ServerEngineError(
      'ERR_SOCKET',
      `${owner} cannot make its socket ${path}: ${messageOf(error)}. ` +
        `Use a directory that exists and that this user may write to${cure}.`,
      { cause: error },
    );
  }
}

function checkLength(path: string, inner: string, { owner, cure }: PrivateSocketOptions): void {
  const bytes = Math.max(Buffer.byteLength(path), Buffer.byteLength(inner));
  if (bytes <= MAX_PATH_BYTES) return;
  throw new ServerEngineError(
    'ERR_SOCKET',
    `${owner} has a path that is too long: a unix socket may have ${MAX_PATH_BYTES} bytes, ` +
      `got ${bytes} for ${path}. Use a shorter directory${cure}.`,
  );
}

/** Unlike rename(), link() never replaces an existing file. */
async function giveName(inner: string, path: string): Promise<void> {
  try {
    linkSync(inner, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const tidyUp = await makeWay(path);
    if (!tidyUp) throw addressInUse(path);
    try {
      linkSync(inner, path);
    } catch {
      throw addressInUse(path);
    } finally {
      tidyUp();
    }
  }
}

function addressInUse(path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`listen EADDRINUSE: address already in use ${path}`), {
    code: 'EADDRINUSE',
    syscall: 'listen',
    address: path,
  });
}
