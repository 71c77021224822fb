// One probe for each entry of the register: does for real what the engine needs from Node. It needs no jest, so that other
// versions of Node can run it as a bundle: see main() at the end.
// The legacy assert: under jest, Node's own objects come from another realm, and the strict one would compare prototypes.
import assert from 'node:assert';
import { fork, spawnSync, type ChildProcess, type SerializationType } from 'node:child_process';
import type cluster from 'node:cluster';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import inspector from 'node:inspector';
import inspectorPromises from 'node:inspector/promises';
import Module from 'node:module';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTracing } from 'node:trace_events';
import { activeHandles, connectionCount } from '../../src/node-internals/active-handles';
import { canTellWhoAsks, showToProgram } from '../../src/node-internals/asked-by-node';
import { guardChannel } from '../../src/node-internals/channel-reading';
import { aroundQuestions, asksForSockets } from '../../src/node-internals/cluster-questions';
import {
  newDatagramHandle,
  replaceDatagramHandle,
  stopReading,
  vacateDatagramHandle,
} from '../../src/node-internals/datagram-handle';
import { endDebugger, isInspectorLoaded, onInspectorOpen } from '../../src/node-internals/debugger';
import {
  aroundLastClose,
  beforeHeaders,
  checkMessageUnderWay,
  messageUnderWay,
  shieldFromDestroy,
} from '../../src/node-internals/http-connection';
import { canBeChild, forkedChild } from '../../src/node-internals/forked-child';
import { aroundBind, aroundListen } from '../../src/node-internals/listen-hooks';
import { KeptHandle } from '../../src/node-internals/kept-handle';
import {
  acceptFrom,
  aroundBeginning,
  giveHandle,
  listeningHandle,
  replaceListeningHandle,
  pauseAccepting,
  resumeAccepting,
  vacateListeningHandle,
} from '../../src/node-internals/listening-handle';
import { marked, onInternalMessage, onMarked } from '../../src/node-internals/marked-messages';
import { connectForHandle, endWithHandle } from '../../src/node-internals/pipe-handles';
import { createServerHandle } from '../../src/node-internals/server-handle';
import { closeListeningSocket, whileErrorsAreEmitted } from '../../src/node-internals/server-hooks';
import { refuseTracing } from '../../src/node-internals/trace-events';
import type { RawHandle } from '../../src/common/raw-handle';

const HOST = '127.0.0.1';

function made(handle: RawHandle | number): RawHandle {
  assert.notEqual(typeof handle, 'number');
  return handle as RawHandle;
}

function portOf(handle: RawHandle): number {
  const name: { port?: number } = {};
  assert.equal(handle.getsockname?.(name), 0);
  return Number(name.port);
}

const KILLED = "process.kill(process.pid, 'SIGKILL')";

/** The signal by which a program has ended. */
function endOf(code: string): string | null {
  return spawnSync(process.execPath, ['-e', code], { stdio: 'ignore' }).signal;
}

async function asked(port: number): Promise<string> {
  const socket = net.connect(port, HOST).setEncoding('utf8');
  let text = '';
  socket.on('data', (chunk: string) => (text += chunk));
  await once(socket, 'end');
  return text;
}

async function listening<T extends net.Server>(server: T): Promise<T> {
  server.listen(0, HOST);
  await once(server, 'listening');
  return server;
}

const addressOf = (server: net.Server | dgram.Socket): AddressInfo => server.address() as AddressInfo;
const closed = async (server: net.Server | dgram.Socket): Promise<void> => {
  const event = once(server, 'close');
  server.close();
  await event;
};

/** A child with a channel that runs this code. */
async function withChild(
  code: string,
  act: (child: ChildProcess) => Promise<void>,
  env = {},
  serialization: SerializationType = 'json',
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'internals-'));
  const script = join(folder, 'child.cjs');
  // Its parent ends it.
  writeFileSync(script, `${code}\nsetTimeout(() => {}, 60_000);`);
  const options = { execArgv: [], env: { ...process.env, ...env }, serialization };
  const child = fork(script, { ...options, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const exit = once(child, 'exit');
  const died = exit.then((how) => Promise.reject(new Error(`the child ended: ${String(how)}`)));
  died.catch(() => {});
  try {
    await Promise.race([act(child), died]);
  } finally {
    child.kill('SIGKILL');
    await exit;
    rmSync(folder, { recursive: true });
  }
}

/** Serves one request, and returns both sides of it. */
async function oneRequest(
  serve: (request: http.IncomingMessage, response: http.ServerResponse, server: http.Server) => void,
): Promise<http.IncomingMessage> {
  const server = await listening(http.createServer((request, response) => serve(request, response, server)));
  const agent = new http.Agent({ keepAlive: true });
  const request = http.get({ port: addressOf(server).port, host: HOST, agent });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  await once(response.resume(), 'end');
  agent.destroy();
  server.closeAllConnections();
  await closed(server);
  return response;
}

export const PROBES: Readonly<Record<string, () => Promise<void> | void>> = {
  'net._createServerHandle': async () => {
    const held = made(createServerHandle(HOST, 0, 4));
    const port = portOf(held);
    // Bound, but nobody listens.
    await assert.rejects(asked(port), { code: 'ECONNREFUSED' });
    held.close();
    assert.ok(Number(createServerHandle('192.0.2.1', 0, 4)) < 0);
  },

  'net.Server#_handle': async () => {
    const server = await listening(net.createServer((connection) => connection.end('moved')));
    const before = addressOf(server);
    assert.ok(listeningHandle(server));
    assert.equal(vacateListeningHandle(server), true);
    assert.deepEqual([server.listening, server.address()], [true, before]);
    await assert.rejects(asked(before.port), { code: 'ECONNREFUSED' });
    const next = made(createServerHandle('0.0.0.0', before.port, 4));
    assert.equal(replaceListeningHandle(server, next), 0);
    assert.equal(addressOf(server).address, '0.0.0.0');
    assert.equal(await asked(before.port), 'moved');
    await closed(server);
    // A server that is closed while it has no handle.
    const other = await listening(net.createServer());
    vacateListeningHandle(other);
    await closed(other);
  },

  'net.Server#_listen2': async () => {
    const server = net.createServer((connection) => connection.end('taken'));
    const handle = made(createServerHandle(HOST, 0, 4));
    giveHandle(server, handle);
    assert.equal(addressOf(server).port, portOf(handle));
    acceptFrom(server, handle, 16);
    assert.equal(await asked(portOf(handle)), 'taken');
    await closed(server);
    const places: unknown[] = [];
    const undo = aroundBeginning((_server, place, listen) => {
      places.push({ ...place, flags: Number(place.flags ?? 0) });
      listen();
    });
    const path = join(tmpdir(), `internals-${String(process.pid)}.sock`);
    for (const where of [
      { port: 0, host: HOST },
      { port: 0, ipv6Only: true, host: '::1' },
      { port: 0 },
      { path },
    ]) {
      const other = http.createServer().listen(where);
      await once(other, 'listening');
      await closed(other);
    }
    undo();
    const tcp = { port: 0, fd: undefined };
    assert.deepEqual(places, [
      { ...tcp, address: HOST, addressType: 4, flags: 0 },
      { ...tcp, address: '::1', addressType: 6, flags: 1 },
      { ...tcp, address: null, addressType: 4, flags: 0 },
      { address: path, port: -1, addressType: -1, fd: undefined, flags: 0 },
    ]);
  },

  'readStart and readStop of a listening handle': async () => {
    // A server that has opened its own socket goes on accepting.
    const own = await listening(net.createServer((connection) => connection.end('own')));
    assert.equal(pauseAccepting(own), false);
    assert.equal(await asked(addressOf(own).port), 'own');
    await closed(own);
    const code = `require('node:net').createServer().listen(0, '${HOST}', function () {
      process.send('it', this, () => this.close());
    });`;
    await withChild(code, async (child) => {
      const [, server] = (await once(child, 'message')) as [unknown, net.Server];
      server.on('connection', (connection) => connection.end('shared'));
      const { port } = addressOf(server);
      for (const _round of [1, 2]) {
        assert.equal(await asked(port), 'shared');
        assert.equal(pauseAccepting(server), true);
        assert.equal(pauseAccepting(server), true);
        let isAnswered = false;
        const answer = asked(port).finally(() => (isAnswered = true));
        await new Promise((resolve) => setTimeout(resolve, 100));
        assert.equal(isAnswered, false);
        resumeAccepting(server);
        resumeAccepting(server);
        assert.equal(await answer, 'shared');
      }
      pauseAccepting(server);
      await closed(server);
    });
  },

  'close and onconnection of a listening handle': async () => {
    const server = await listening(net.createServer());
    const { port } = addressOf(server);
    const raw = made(listeningHandle(server) ?? -1);
    let isKept = true;
    const kept = new KeptHandle(raw, () => isKept);
    await closed(server);
    const early = asked(port);
    const next = net.createServer((connection) => connection.end('kept'));
    // It has come in, and nobody has read it.
    while (kept.waiting === 0) await new Promise(setImmediate);
    kept.reopen();
    acceptFrom(next, raw, 16);
    for (const connection of kept.takeWaiting()) kept.deliver(connection);
    assert.deepEqual([await early, await asked(port)], ['kept', 'kept']);
    isKept = false;
    await closed(next);
    await assert.rejects(asked(port), { code: 'ECONNREFUSED' });
  },

  'net.Server.prototype.close': async () => {
    const server = await listening(http.createServer());
    const client = net.connect(addressOf(server).port, HOST);
    await once(client, 'connect');
    closeListeningSocket(server);
    assert.equal(server.listening, false);
    assert.equal(client.destroyed, false);
    client.destroy();
    await once(server, 'close');
  },

  "net.Server#emit of 'error'": async () => {
    const server = net.createServer();
    const seen: unknown[] = [];
    const error = new Error('taken');
    const heard = once(server, 'error');
    whileErrorsAreEmitted(
      server,
      (given) => seen.push(given),
      () => server.emit('error', error),
    );
    assert.deepEqual(await heard, [error]);
    assert.deepEqual(seen, [error]);
    assert.equal(Object.hasOwn(server, 'emit'), false);
  },

  'net.Server.prototype.listen': async () => {
    const seen: net.Server[] = [];
    const undo = aroundListen((server, args, listen) => {
      seen.push(server);
      return listen(...args);
    });
    const servers = await Promise.all([listening(net.createServer()), listening(http.createServer())]);
    undo();
    assert.deepEqual(seen, servers);
    await Promise.all(servers.map(closed));
  },

  'dgram.Socket.prototype.bind': async () => {
    const seen: dgram.Socket[] = [];
    const undo = aroundBind((socket, args, bind) => {
      seen.push(socket);
      return bind(...args);
    });
    const socket = dgram.createSocket('udp4').bind(0, HOST);
    undo();
    await once(socket, 'listening');
    assert.deepEqual(seen, [socket]);
    await closed(socket);
  },

  "dgram.Socket's symbol 'state symbol'": async () => {
    const handle = newDatagramHandle('udp4');
    assert.equal(handle.bind(HOST, 0, 0), 0);
    handle.close();
    const [socket, client] = [
      dgram.createSocket('udp4').bind(0, HOST),
      dgram.createSocket('udp4').bind(0, HOST),
    ];
    await Promise.all([once(socket, 'listening'), once(client, 'listening')]);
    const before = addressOf(socket);
    assert.equal(vacateDatagramHandle(socket), true);
    assert.deepEqual(socket.address(), before);
    const next = newDatagramHandle('udp4');
    assert.equal(next.bind('0.0.0.0', before.port, 0), 0);
    assert.equal(replaceDatagramHandle(socket, next), 0);
    client.send('?', before.port, HOST);
    const [text, { port }] = (await once(socket, 'message')) as [Buffer, AddressInfo];
    assert.equal(String(text), '?');
    // It still sends after it has stopped reading.
    assert.equal(stopReading(socket), true);
    socket.send('!', port, HOST);
    assert.equal(String(((await once(client, 'message')) as [Buffer])[0]), '!');
    await Promise.all([closed(socket), closed(client)]);
  },

  'net.Socket#_handle of a unix socket (Pipe)': async () => {
    const path = join(tmpdir(), `internals-${String(process.pid)}.sock`);
    const given = made(createServerHandle(HOST, 0, 4));
    const manager = net.createServer((connection) => endWithHandle(connection, 'yours', given)).listen(path);
    await once(manager, 'listening');
    const { socket, takeHandle } = connectForHandle(path);
    const [text] = (await once(socket.setEncoding('utf8').resume(), 'data')) as [string];
    assert.equal(text, 'yours');
    const taken = takeHandle();
    assert.ok(taken);
    assert.equal(portOf(taken), portOf(given));
    for (const handle of [taken, given]) handle.close();
    socket.destroy();
    await closed(manager);
  },

  'cluster._getServer': async () => {
    // In a process that was started as a worker of node:cluster.
    const code =
      "const c = require('cluster'); process.send([typeof c._getServer, c.isWorker, typeof c.worker.on])";
    await withChild(
      code,
      async (child) =>
        assert.deepEqual(await once(child, 'message'), [['function', true, 'function'], undefined]),
      { NODE_UNIQUE_ID: '1' },
    );
    const asked: unknown[] = [];
    const child = {
      _getServer: (...question: unknown[]) => asked.push(question),
    } as unknown as typeof cluster;
    assert.equal(asksForSockets(child), true);
    aroundQuestions(child, (ask, asker, ...rest) => ask({ asker }, ...rest));
    const answer = (): void => {};
    (child as unknown as { _getServer: (...question: unknown[]) => void })._getServer(
      'server',
      { port: 1 },
      answer,
    );
    assert.deepEqual(asked, [[{ asker: 'server' }, { port: 1 }, answer]]);
  },

  "'internalMessage' of a channel": async () => {
    const code =
      "process.on('internalMessage', (m) => m.cmd === 'NODE_SERVERENGINE' && process.send({ cmd: 'NODE_SERVERENGINE', message: { got: m.message } }))";
    const echoed = (child: ChildProcess): Promise<unknown> =>
      new Promise((resolve) => onMarked(child, resolve));
    await withChild(code, async (child) => {
      const raw = new Promise((resolve) => onInternalMessage(child, resolve));
      let isSeen = false;
      child.on('message', () => (isSeen = true));
      const answer = echoed(child);
      child.send(marked({ type: 'test' }));
      assert.deepEqual(await answer, { got: { type: 'test' } });
      assert.deepEqual(await raw, marked({ got: { type: 'test' } }));
      assert.equal(isSeen, false);
    });
  },

  "ChildProcess's symbol 'kChannelHandle'": async () => {
    // As the engine starts its processes: first a length, then bytes that cannot be read.
    const garbage = "require('fs').writeSync(3, Buffer.from([0, 0, 0, 4, 65, 66, 67, 68]));";
    // Only a length, then more bytes than are buffered.
    const endless =
      "require('fs').writeSync(3, Buffer.concat([Buffer.from([127, 0, 0, 0]), Buffer.alloc(20000)]));";
    // Messages of Node's own kind, which its listener trusts.
    const forged = "process.send({ cmd: 'NODE_HANDLE_ACK' });";
    for (const [code, said] of [
      [garbage, /deserialize/],
      [endless, /more than 10000 bytes/],
      [forged, /ERR_INTERNAL_ASSERTION|assert/i],
    ] as const) {
      await withChild(
        code,
        async (child) => {
          const error = await new Promise((resolve) =>
            guardChannel(child, resolve, { longestBytes: 10_000 }),
          );
          assert.match(String(error), said);
        },
        {},
        'advanced',
      );
    }
    // Node would make a server of it here, and that server would take connections that nobody answers.
    const server = `const server = require('net').createServer().listen(0, '127.0.0.1', () => {
      process.send('a server', server);
      setTimeout(() => process.send('over'), 100);
    })`;
    await withChild(
      server,
      async (child) => {
        guardChannel(child, () => assert.fail('broken'));
        assert.deepEqual(await once(child, 'message'), ['over', undefined]);
      },
      {},
      'advanced',
    );
  },

  'process.send, connected, channel and disconnect': async () => {
    const code = `const real = process.send;
      const names = ['send', 'connected', 'channel', 'disconnect'];
      const ok = names.every((name) => Object.getOwnPropertyDescriptor(process, name)?.configurable);
      real.call(process, { ok, ref: typeof process.channel.unref });
     `;
    await withChild(code, async (child) => {
      assert.deepEqual(await once(child, 'message'), [{ ok: true, ref: 'function' }, undefined]);
    });
  },

  'file names in stacks': () => {
    assert.equal(canTellWhoAsks(), true);
    const object = { hidden: 1 };
    const real = showToProgram(object, 'hidden', undefined);
    assert.deepEqual([object.hidden, real()], [undefined, 1]);
  },

  'net.Socket#_httpMessage': async () => {
    const seen: unknown[] = [];
    await oneRequest((request, response) => {
      checkMessageUnderWay(response);
      seen.push(messageUnderWay(request.socket) === response);
      response.end(() => setImmediate(() => seen.push(messageUnderWay(request.socket))));
    });
    await new Promise(setImmediate);
    assert.deepEqual(seen, [true, undefined]);
  },

  'http.ServerResponse#writeHead': async () => {
    const statuses: number[] = [];
    for (const act of [
      (response: http.ServerResponse) => response.writeHead(201).end(),
      (response: http.ServerResponse) => response.end('implicit'),
    ]) {
      const { headers } = await oneRequest((_request, response) => {
        beforeHeaders(response, (status) => {
          response.shouldKeepAlive = false;
          statuses.push(status);
        });
        act(response);
      });
      assert.equal(headers.connection, 'close');
    }
    assert.deepEqual(statuses, [201, 200]);
  },

  'net.Socket#destroySoon': async () => {
    let wasAsked = false;
    await oneRequest((request, response) => {
      aroundLastClose(request.socket, (close) => {
        wasAsked = true;
        close();
      });
      response.setHeader('connection', 'close');
      response.end('last');
    });
    assert.equal(wasAsked, true);
  },

  'net.Socket#destroy by http.Server#closeIdleConnections': async () => {
    const idle: net.Socket[] = [];
    const agent = new http.Agent({ keepAlive: true });
    const sockets: net.Socket[] = [];
    const server = await listening(http.createServer((_request, response) => response.end('done')));
    server.on('connection', (socket) => sockets.push(socket));
    const request = http.get({ port: addressOf(server).port, host: HOST, agent });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    await once(response.resume(), 'end');
    await new Promise(setImmediate);
    const lift = sockets.map((socket) => shieldFromDestroy(socket, () => idle.push(socket)));
    server.closeIdleConnections();
    for (const each of lift) each();
    assert.deepEqual([idle.length, sockets[0]?.destroyed], [1, false]);
    agent.destroy();
    await closed(server);
  },

  'process._getActiveHandles': async () => {
    const server = await listening(net.createServer());
    assert.ok(activeHandles().includes(server));
    await closed(server);
  },

  'net.Server#_connections': async () => {
    const server = await listening(net.createServer());
    assert.equal(connectionCount(server), 0);
    const client = net.connect(addressOf(server).port, HOST);
    await once(server, 'connection');
    assert.equal(connectionCount(server), 1);
    client.destroy();
    await closed(server);
  },

  'process._debugEnd': () => {
    assert.equal(typeof (process as unknown as { _debugEnd?: unknown })._debugEnd, 'function');
    endDebugger();
  },

  'process.moduleLoadList': async () => {
    assert.equal(typeof isInspectorLoaded(), 'boolean');
    const code =
      "const had = process.moduleLoadList.includes('NativeModule inspector'); require('inspector'); process.send([had, process.moduleLoadList.includes('NativeModule inspector')])";
    await withChild(code, async (child) => {
      assert.deepEqual(await once(child, 'message'), [[false, true], undefined]);
    });
    // An import of named exports of Node loads this module.
    const importing =
      "import('node:os').then(() => process.send(process.moduleLoadList.includes('NativeModule internal/modules/esm/loader')))";
    await withChild(importing, async (child) => {
      assert.deepEqual(await once(child, 'message'), [true, undefined]);
    });
  },

  "ChildProcess#spawn and the private '_handle' of a ChildProcess": async () => {
    let end: ((status: number, signal: string) => void) | undefined;
    assert.ok(canBeChild());
    const take = (): never => assert.fail('there are no pipes');
    const ignoring = { stdio: 'ignore', serialization: 'advanced' } as const;
    const child = forkedChild('forked', ignoring, {
      pid: 2 ** 22,
      take,
      onEnd: (callback) => (end = callback),
    });
    assert.equal(child?.pid, 2 ** 22);
    setImmediate(() => end?.(3, ''));
    assert.ok(child);
    assert.deepEqual(await once(child, 'exit'), [3, null]);
    const closed = { pid: 2 ** 22, take: () => -1, onEnd: () => assert.fail('it is no child') };
    assert.equal(forkedChild('forked', { ...ignoring, stdio: ['pipe'] }, closed), undefined);
  },
  'process.reallyExit': () => {
    assert.equal(endOf(`process.reallyExit = () => ${KILLED}; process.exit(3)`), 'SIGKILL');
  },
  'process._fatalException': () => {
    assert.equal(endOf(`process._fatalException = () => ${KILLED}; throw new Error()`), 'SIGKILL');
  },
  'Tracing#enable of node:trace_events': () => {
    const tracing = createTracing({ categories: ['node.perf'] });
    const prototype = Object.getPrototypeOf(tracing) as object;
    const own = Object.getOwnPropertyDescriptor(prototype, 'enable');
    assert.ok(own);
    try {
      refuseTracing('not here');
      assert.throws(() => tracing.enable(), /not here/);
      assert.equal(tracing.enabled, false);
    } finally {
      Object.defineProperty(prototype, 'enable', own);
    }
  },
  'Session#post of node:inspector': () => {
    const prototypes = [inspector.Session.prototype, inspectorPromises.Session.prototype];
    const own = prototypes.map((prototype) => Object.getOwnPropertyDescriptor(prototype, 'post'));
    const [session, promising] = [new inspector.Session(), new inspectorPromises.Session()];
    session.connect();
    try {
      refuseTracing('not here');
      assert.throws(() => session.post('NodeTracing.start', () => {}), /not here/);
      assert.throws(() => promising.post('NodeTracing.start' as never), /not here/);
      let value: unknown;
      session.post('Runtime.evaluate', { expression: '6 * 7' }, (_error, answer) => {
        value = answer.result.value as unknown;
      });
      assert.equal(value, 42);
    } finally {
      session.disconnect();
      for (const [index, prototype] of prototypes.entries()) {
        Object.defineProperty(prototype, 'post', own[index]!);
      }
    }
  },
  'inspector.open': () => {
    const calls: unknown[] = [];
    const module = { open: (...args: unknown[]) => calls.push(args) };
    onInspectorOpen(module as never, () => calls.push('program'));
    module.open(0, HOST);
    assert.deepEqual(calls, ['program', [0, HOST]]);
  },

  'Module._load and Module.runMain': () => {
    const { _load, runMain } = Module as unknown as Record<string, unknown>;
    assert.deepEqual([typeof _load, typeof runMain], ['function', 'function']);
  },
};

/** Runs every probe, and prints what failed. */
export async function main(): Promise<void> {
  const failed: string[] = [];
  for (const [name, probe] of Object.entries(PROBES)) {
    try {
      await probe();
    } catch (error) {
      failed.push(`${name}: ${String((error as Error).stack)}`);
    }
  }
  process.stdout.write(
    JSON.stringify({ node: process.versions.node, count: Object.keys(PROBES).length, failed }),
  );
}
