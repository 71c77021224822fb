import { createServer } from 'node:http';

/** What answers requests. It knows nothing of workers, so that a test can start it alone. */
export function createApp(greeting) {
  return createServer((request, response) => {
    if (request.url === '/') response.end(`${greeting()} from process ${process.pid}\n`);
    else response.writeHead(404).end('not found\n');
  });
}
