import { ChildProcess, spawn, type SpawnOptions } from 'node:child_process';

/**
 * child_process.spawn with one way to fail instead of three. If there is no free descriptor or process, Node makes a
 * child that lacks its streams; without memory it throws. Here there is always a child: if it was not started it has no
 * pid and no streams, cannot be killed, and its 'error' event says why.
 * @throws TypeError what child_process.spawn throws for invalid arguments.
 */
export function startChild(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  try {
    const child = spawn(command, args, options);
    return child.pid === undefined ? notStarted(child) : child;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const child = new ChildProcess();
    process.nextTick(() => child.emit('error', error));
    return notStarted(child);
  }
}

/**
 * There is no process to signal. Node would use whatever number its handle has as a pid: 0 is the whole group of this
 * process.
 */
function notStarted(child: ChildProcess): ChildProcess {
  return Object.assign(withoutStreams(child), { kill: () => false });
}

/** As Node's types promise it: missing streams are null, not undefined. */
function withoutStreams(child: ChildProcess): ChildProcess {
  const { stdio }: { readonly stdio?: unknown } = child;
  return stdio
    ? child
    : Object.assign(child, { stdin: null, stdout: null, stderr: null, stdio: [null, null, null] });
}

function isSystemError(error: unknown): boolean {
  return typeof (error as { syscall?: unknown } | null)?.syscall === 'string';
}
