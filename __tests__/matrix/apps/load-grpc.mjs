import { credentials } from '@grpc/grpc-js';
import { Greeter } from './greeter.mjs';

/** Each lane has its own connection. */
export function openLane(address) {
  const client = new Greeter(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  const ask = () =>
    new Promise((resolve, reject) => {
      client.hello({}, (error, answer) => {
        if (error) reject(error);
        else if (answer.text === 'hello') resolve();
        else reject(new Error(`answered ${JSON.stringify(answer)}`));
      });
    });
  return { ask, close: () => client.close() };
}
