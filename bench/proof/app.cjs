// The app under proof, as a user would write it: it has no code for restarts.
//
//   node app.cjs CONFIG.json
const dgram = require('node:dgram');
const { openSync, readFileSync, writeSync } = require('node:fs');
const http = require('node:http');
const { Server, ServerEngine, Worker, server, shared, worker } = require('serverengine');

const [, , configPath] = process.argv;

/** Sockets of the server, which workers use as `this.server`. */
class ProofServer extends Server {
  async beforeRun() {
    this.lines = await this.listenTcp({ host: '127.0.0.1', port: 0 });
    this.datagrams = await this.listenUdp({ host: '127.0.0.1', port: 0 });
    this.logger.info('held', { lines: this.lines.address().port, datagrams: this.datagrams.address().port });
  }
}
shared()(ProofServer.prototype, 'lines');
shared()(ProofServer.prototype, 'datagrams');
server({})(ProofServer);

/** Sockets that a worker opens itself: http on a port that the system chooses, http on a path, and UDP. */
class ProofWorker extends Worker {
  async run() {
    const { record, unixPath } = this.config;
    const file = openSync(`${record}/${process.pid}`, 'a');
    const handled = (id) => writeSync(file, `${id}\n`);

    const web = http.createServer(answering(handled));
    web.listen(0, '127.0.0.1', () => this.logger.info('web', { port: web.address().port }));
    http.createServer(answering(handled)).listen(unixPath);

    const echo = dgram.createSocket('udp4');
    // Without `exclusive: false`, a port chosen by the system would belong to this worker alone.
    const echoed = { port: 0, address: '127.0.0.1', exclusive: false };
    echo.bind(echoed, () => this.logger.info('echo', { port: echo.address().port }));
    for (const socket of [echo, this.server.datagrams]) {
      socket.on('message', (message, from) => {
        handled(message);
        socket.send(message, from.port, from.address);
      });
    }

    this.server.lines.on('connection', (connection) => {
      connection.on('error', () => {});
      connection.once('data', (line) => {
        handled(line);
        connection.end(line);
      });
    });
    await this.untilStop();
  }

  reload() {
    this.logger.info('worker reloaded');
  }
}
worker({ type: 'process' })(ProofWorker);

/** `/ID?MS`: answers with the id and the length of the body, after so many milliseconds. */
function answering(handled) {
  return (request, response) => {
    const [path, delayMs] = request.url.split('?');
    const id = path.slice(1);
    handled(id);
    let length = 0;
    request.on('data', (chunk) => (length += chunk.length));
    request.on('end', () => {
      if (Number(delayMs) > 0) setTimeout(() => response.end(`${id} ${length}`), Number(delayMs));
      else response.end(`${id} ${length}`);
    });
  };
}

ServerEngine.create(ProofServer, ProofWorker, () => JSON.parse(readFileSync(configPath, 'utf8'))).run();
