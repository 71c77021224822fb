import { io } from 'socket.io-client';

/** The client reconnects by itself, and with `retries` it resends what was not answered. */
export function openLane(url) {
  const again = { retries: 20, ackTimeout: 2000, reconnectionDelay: 10, reconnectionDelayMax: 50 };
  const socket = io(url, { transports: ['websocket'], forceNew: true, ...again });
  let refused;
  socket.on('connect_error', (error) => (refused = error));
  const ask = () =>
    new Promise((resolve, reject) => {
      socket.emit('ask', (error, answer) => {
        if (error ?? refused) reject(error ?? refused);
        else if (answer === 'hello') resolve();
        else reject(new Error(`answered ${String(answer)}`));
      });
    });
  return { ask, close: () => socket.disconnect() };
}
