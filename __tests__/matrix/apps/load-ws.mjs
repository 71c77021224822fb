import { once } from 'node:events';
import { WebSocket } from 'ws';

const GOING_AWAY = 1001;

/** Asks again on another connection when the server closes this one as going away. */
export function openLane(url) {
  let socket;
  let count = 0;
  const ask = async () => {
    if (socket?.readyState !== WebSocket.OPEN) {
      socket = new WebSocket(url);
      await once(socket, 'open');
    }
    count += 1;
    const question = `hello ${String(count)}`;
    const own = socket;
    const hasAnswer = await new Promise((resolve, reject) => {
      own.once('message', (data) =>
        String(data) === question ? resolve(true) : reject(new Error(`answered ${String(data)}`)),
      );
      own.once('close', (code) =>
        code === GOING_AWAY ? resolve(false) : reject(new Error(`closed with ${String(code)}`)),
      );
      own.once('error', reject);
      own.send(question);
    });
    own.removeAllListeners();
    own.on('error', () => {});
    if (!hasAnswer) await ask();
  };
  return { ask, close: () => socket?.close() };
}
