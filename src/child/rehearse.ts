import { hasSubscribers } from 'node:diagnostics_channel';
import { EventEmitter, once } from 'node:events';
import type http from 'node:http';
import net from 'node:net';
import { setFlagsFromString } from 'node:v8';
import type { Worker } from '../contract/worker';
import { WorkerGauge } from '../health/worker-gauge';
import { isLoaded } from '../node-internals/debugger';
import type { BootMessage, PrepareMessage } from '../protocol/protocol';
import { captureConsole } from '../record/console-capture';
import { createLineLogger, type LineLogger } from '../record/line-logger';
import { workerOrigin } from '../record/record';
import { OWN_SOCKET } from '../sockets/own-socket';
import { makeWorkerEnvironment, type WorkerSpec } from './worker-environment';
import { WorkerRunner } from './worker-runner';

// A function is slow at its first call, and hardly faster after the third.
const ROUNDS = 3;
const LIMIT_MS = 2000;
const HOST = '127.0.0.1';

export interface Rehearsal {
  readonly spec: Pick<WorkerSpec, 'serverPrototype'>;
  readonly prepare: PrepareMessage;
  /** Additional steps for this type of worker before its object is made; they must undo any change. */
  readonly alsoRehearse?: (logger: LineLogger) => void;
  /** The worker has its id: there is no time any more. */
  readonly isOver: () => boolean;
}

/**
 * Warms up a worker in reserve by doing once what it does first when it gets an id: it makes the environment of a
 * Worker object, listens, and answers a few requests of its own. The first request of a client then finds that code
 * compiled. No code of the program runs. The port is on the loopback interface, and open for a few milliseconds.
 */
export async function rehearse(rehearsal: Rehearsal): Promise<void> {
  try {
    await rehearseAll(rehearsal);
  } finally {
    // A worker may be in reserve for days, and V8 discards compiled code that is not called. Not before: with a flag
    // that has changed V8 refuses the compiled code of Node's own modules, and a rehearsal loads some.
    setFlagsFromString('--no-flush-bytecode');
  }
}

async function rehearseAll({ spec, prepare, alsoRehearse, isOver }: Rehearsal): Promise<void> {
  const boot: BootMessage = { ...prepare, workerId: 0, generation: 0 };
  const logger = mute(boot);
  alsoRehearse?.(logger);
  await run(logger);
  const server = makeServer();
  if (!server) return;
  server.unref();
  const place = { boot, gauge: new WorkerGauge('process'), sockets: { open: refuse }, send: () => {} };
  // In one synchronous step: when the worker gets its id, nothing of this may be left.
  const { unwatch } = makeWorkerEnvironment(spec, place, logger);
  try {
    // exclusive: otherwise Node would ask the parent for the socket.
    server.listen({ host: HOST, port: 0, exclusive: true, [OWN_SOCKET]: true } as net.ListenOptions);
  } finally {
    unwatch();
  }
  try {
    await once(server, 'listening');
    const { port } = server.address() as net.AddressInfo;
    for (let round = 0; round < ROUNDS && !isOver(); round += 1) await ask(port);
  } finally {
    server.close();
  }
}

/** Discards its records. */
function mute(boot: BootMessage): LineLogger {
  const { log } = boot;
  const logger = createLineLogger({ ...log, origin: workerOrigin(boot), write: () => {} });
  captureConsole({ stdout: log.captureStdout, stderr: log.captureStderr, logger })();
  logger.info('rehearsal', { round: 0 });
  return logger;
}

/** A server of the kind that the program has loaded. Undefined: tracing code watches servers, and must not see ours. */
function makeServer(): net.Server | undefined {
  if (!isLoaded('_http_server')) return net.createServer((socket) => socket.resume().end('rehearsal'));
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- it is there already
  const { createServer, Server } = require('node:http') as typeof http;
  const isTraced =
    Server.prototype.emit !== EventEmitter.prototype.emit || hasSubscribers('http.server.request.start');
  return isTraced ? undefined : createServer((_request, response) => response.end('rehearsal'));
}

/** Runs a worker that does nothing. */
async function run(logger: LineLogger): Promise<void> {
  const nobody: Pick<Worker, 'run'> = { run: async () => {} };
  await new WorkerRunner(nobody as Worker, {
    logger,
    onRunning: () => {},
    onStopAsked: () => undefined,
    onStopping: () => {},
    onSettled: () => {},
    drained: async () => {},
    end: () => {},
  }).run();
}

function refuse(): never {
  throw new Error('a rehearsal has no sockets');
}

async function ask(port: number): Promise<void> {
  const socket = net.connect({ host: HOST, port });
  socket.unref();
  socket.setTimeout(LIMIT_MS, () => socket.destroy());
  socket.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
  socket.resume();
  await once(socket, 'close');
}
