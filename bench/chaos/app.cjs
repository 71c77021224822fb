// The app under chaos: workers that answer, log numbered lines, and harm themselves when a file tells them to.
//
//   CHAOS_GROUPS='[{"name":"web","type":"process"}]' CHAOS_FOLDER=… node app.cjs
// Before the engine has removed it.
const isTemplate = process.env.SERVERENGINE_INTERNAL_ROLE?.startsWith('template') ?? false;
const { existsSync, readdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } = require('node:fs');
const http = require('node:http');
const { join } = require('node:path');
const { Server, ServerEngine, SocketManager, Worker, server, shared, worker } = require('serverengine');
const { Pulse } = require('./pulse.cjs');
const { LARGE, Uses, loadThings } = require('./uses.cjs');

const IDLE_MS = 300;
const folder = process.env.CHAOS_FOLDER;
const groups = JSON.parse(process.env.CHAOS_GROUPS);

// What workers do besides serving.
const uses = JSON.parse(process.env.CHAOS_USES ?? '[]');
if (isTemplate) {
  writeFileSync(join(folder, 'templates', String(process.pid)), '');
  loadThings(uses);
}

// A broken release: while the file exists, every process that starts fails.
if (existsSync(join(folder, 'broken-release'))) throw new Error('this release is broken');

class ChaosServer extends Server {
  async beforeRun() {
    const { ports } = this.config.chaos;
    if (groups.some(({ type }) => type === 'thread')) {
      this.manager = await SocketManager.Server.open();
      this.managerPath = this.manager.path;
    }
    this.sockets = {};
    for (const { name, type } of groups) {
      if (type === 'spawn')
        this.sockets[name] = await this.listenTcp({ host: '127.0.0.1', port: ports[name] });
    }
  }

  async afterRun() {
    await this.manager?.close();
  }
}
shared()(ChaosServer.prototype, 'managerPath');
server({})(ChaosServer);

/** Writes its version where the driver can read it, and takes orders. */
function classOf({ name, type }) {
  class ChaosWorker extends Worker {
    afterFork() {
      this.isForked = true;
    }

    async run() {
      const { crash, ports } = this.config.chaos;
      if (crash.includes(name)) throw new Error('the configuration makes it crash');
      this.noteVersion();
      const web = http.createServer((request, response) => answer(request, response, this));
      if (type === 'thread') {
        const client = new SocketManager.Client(this.server.managerPath);
        this.tcp = await client.listenTcp('127.0.0.1', ports[name]);
        this.tcp.on('connection', (connection) => web.emit('connection', connection));
      } else if (type === 'process' || this.workerId === 0) {
        // Embedded workers share one process, where only one can listen on the port.
        web.listen(ports[name], '127.0.0.1');
      }
      if (type === 'process') {
        http
          .createServer((request, response) => answer(request, response, this))
          .listen(this.config.chaos.unix);
      }
      const pulse = new Pulse(folder, `${name}-${this.workerId}`, (text) => this.logger.info(text));
      if (type === 'process') void this.use();
      await this.untilStop();
      pulse.end();
      this.tcp?.close();
      if (type === 'embedded') await new Promise((resolve) => web.close(resolve));
      // The engine does not close these: the socket came from a socket manager.
      if (type === 'thread') setInterval(() => web.closeIdleConnections(), IDLE_MS).unref();
    }

    async use() {
      // For the driver: what these start is not of the engine.
      process.env.CHAOS_USE = '1';
      // One such heap at a time is enough for a machine.
      const mine = uses.filter((use) => this.workerId === 0 || !LARGE.test(use));
      await new Uses(mine, this, this.isForked === true).run();
    }

    spawn(processManager) {
      const env = { CHAOS_PROGRAM: `${name}-${this.workerId}` };
      if (this.config.chaos.children.includes(name)) env.CHAOS_HAS_CHILD = '1';
      const sockets = [this.server.sockets[name]];
      const args = [join(__dirname, 'program.cjs')];
      return processManager.spawn(env, process.execPath, args, { sockets });
    }

    reload() {
      this.noteVersion();
    }

    noteVersion() {
      const { version } = this.config.chaos;
      writeFileSync(join(folder, 'facts', `${name}-${this.workerId}-${process.pid}`), String(version));
    }
  }
  worker({ name, type })(ChaosWorker);
  return ChaosWorker;
}

function answer(request, response, worker) {
  const [path, delayMs = 0] = request.url.split('?');
  setTimeout(() => {
    response.end(`${path.slice(1)} ${worker.workerId} ${process.pid}`);
    worker.jobDone();
  }, Number(delayMs));
}

const engine = ServerEngine.create(ChaosServer, groups.map(classOf), () =>
  JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')),
);

// How the driver calls methods of the engine. A process without an engine ignores it.
process.on('SIGWINCH', () => {
  if (existsSync(join(folder, 'measure'))) {
    global.gc();
    writeFileSync(join(folder, 'heaps', String(process.pid)), String(process.memoryUsage().heapUsed));
    return;
  }
  for (const name of readdirSync(join(folder, 'asks'))) {
    const ask = join(folder, 'asks', name);
    try {
      const { call, args } = JSON.parse(readFileSync(ask, 'utf8'));
      const result = engine[call](...args);
      unlinkSync(ask);
      void result.then((value) => reply(name, value));
    } catch (error) {
      reply(name, { ok: false, reason: String(error) });
    }
  }
});

function reply(name, value) {
  const path = join(folder, 'answers', name);
  writeFileSync(`${path}.new`, JSON.stringify(value ?? null));
  renameSync(`${path}.new`, path);
}

engine.run();
