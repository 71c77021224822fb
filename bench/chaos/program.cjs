// The program of a spawn worker: it gets a socket as descriptor 3, and ends gracefully by itself.
const { spawn } = require('node:child_process');
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

// A child that ignores every stop: only killTree of the engine ends it.
if (process.env.CHAOS_HAS_CHILD) {
  const env = { ...process.env, CHAOS_CHILD: '1' };
  delete env.CHAOS_PROGRAM;
  spawn('/bin/sh', ['-c', 'trap "" TERM INT QUIT HUP; exec sleep 100000'], { env, stdio: 'ignore' }).unref();
}

for (const name of ['SIGTERM', 'SIGINT']) {
  process.on(name, () => {
    if (isEnding) return;
    isEnding = true;
    pulse.end();
    web.close();
    // Not at once, because a request may be in flight on it.
    setTimeout(() => web.closeIdleConnections(), IDLE_MS);
  });
}
