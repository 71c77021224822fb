import { chmodSync, linkSync, mkdtempSync, rmdirSync } from 'node:fs';
import type net from 'node:net';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { messageOf, ServerEngineError } from '../common/errors';
import { OWN_SOCKET } from '../sockets/own-socket';
import { DIRECTORY_ENV } from './path';
import { MAX_PATH_BYTES } from '../sockets/unix-path';
import { unlink } from '../sockets/unix-file';
import { makeWay } from '../sockets/unix-probe';

const PRIVATE = 0o600;
const INNER_NAME = 's';

/**
 * Listens at an absolute path. The socket is made inside a directory that only we may enter, and gets its name when
 * its mode is right: there is no moment in which others could connect. It is not removed when the server closes.
 * @throws EADDRINUSE when something is there that lives; ServerEngineError when the path is none for a socket.
 */
export async function listenPrivately(server: net.Server, path: string): Promise<void> {
  const directory = makeDirectory(path);
  try {
    const inner = join(directory, INNER_NAME);
    checkLength(path, inner);
    // exclusive: in a process of a tree Node would ask the parent for the socket.
    const own = { path: inner, exclusive: true, [OWN_SOCKET]: true };
    server.listen(own);
    await once(server, 'listening');
    chmodSync(inner, PRIVATE);
    await giveName(inner, path);
  } catch (error) {
    server.close();
    throw error;
  } finally {
    removeDirectory(directory);
  }
}

/** Not with all that is in it: who owns the folder around it could have exchanged it for a link. */
function removeDirectory(directory: string): void {
  unlink(join(directory, INNER_NAME));
  try {
    rmdirSync(directory);
  } catch {
    // It is gone, or no longer ours.
  }
}

function makeDirectory(path: string): string {
  try {
    return mkdtempSync(join(dirname(path), '.se-'));
  } catch (error) {
    throw new ServerEngineError(
      'ERR_SOCKET',
      `The socket manager cannot make its socket ${path}: ${messageOf(error)}. ` +
        `Use a directory that exists and that this user may write to, for example with ${DIRECTORY_ENV}.`,
      { cause: error },
    );
  }
}

function checkLength(path: string, inner: string): void {
  const bytes = Math.max(Buffer.byteLength(path), Buffer.byteLength(inner));
  if (bytes <= MAX_PATH_BYTES) return;
  throw new ServerEngineError(
    'ERR_SOCKET',
    `The path of the socket manager is too long: a unix socket may have ${MAX_PATH_BYTES} bytes, ` +
      `got ${bytes} for ${path}. Use a shorter directory, for example with ${DIRECTORY_ENV}.`,
  );
}

/** Unlike rename(), link() never replaces what is there. */
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
