import http from 'node:http';
import { text } from 'node:stream/consumers';

/** Half of them keep their connection. @param url e.g. http://127.0.0.1:8080/ */
export function openLane(url, index) {
  const agent = index % 2 === 0 ? new http.Agent({ keepAlive: true, maxSockets: 1 }) : false;
  return { ask: () => ask(url, agent), close: () => agent && agent.destroy() };
}

async function ask(url, agent) {
  const request = http.get(url, { agent });
  let response;
  try {
    response = await new Promise((resolve, reject) => request.on('response', resolve).on('error', reject));
  } catch (error) {
    // It was closed before this request came: every client of a kept connection asks again then, on another one.
    if (request.reusedSocket && /^(ECONNRESET|EPIPE)$/.test(error.code)) return ask(url, agent);
    throw error;
  }
  const body = await text(response);
  if (response.statusCode !== 200 || !body.includes('hello')) {
    throw new Error(`status ${String(response.statusCode)}: ${body}`);
  }
}
