import http from 'node:http';
import { text } from 'node:stream/consumers';

/** Half of the lanes keep their connection. @param url for example http://127.0.0.1:8080/ */
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
    // The connection was closed before this request arrived. Every client asks again then, on another connection.
    if (request.reusedSocket && /^(ECONNRESET|EPIPE)$/.test(error.code)) return ask(url, agent);
    throw error;
  }
  const body = await text(response);
  if (response.statusCode !== 200 || !body.includes('hello')) {
    throw new Error(`status ${String(response.statusCode)}: ${body}`);
  }
}
