// The program of a spawn worker: it has a socket as descriptor 3, and ends gracefully by itself.
const http = require('node:http');
const { Pulse } = require('./pulse.cjs');

const IDLE_MS = 300;
const [, workerId] = process.env.CHAOS_PROGRAM.split('-');
let isEnding = false;

const web = http.createServer((request, response) => {
  const [path, delayMs = 0] = request.url.split('?');
  setTimeout(() => {
    if (isEnding) response.setHeader('Connection', 'close');
    response.end(`${path.slice(1)} ${workerId} ${process.pid}`);
  }, Number(delayMs));
});
web.listen({ fd: 3 });
const pulse = new Pulse(process.env.CHAOS_FOLDER, process.env.CHAOS_PROGRAM, (text) => console.log(text));

for (const name of ['SIGTERM', 'SIGINT']) {
  process.on(name, () => {
    if (isEnding) return;
    isEnding = true;
    pulse.end();
    web.close();
    // Not at once: a request may be under way on it.
    setTimeout(() => web.closeIdleConnections(), IDLE_MS);
  });
}
