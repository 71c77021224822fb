import { ownChannel } from '../node-internals/own-channel';
import { aroundQuestions } from '../node-internals/cluster-questions';
import { clusterChild } from './cluster-child';
import { withWholeErrors } from './listen-errors';

let open = 0;
const waiting: (() => void)[] = [];

/** Calls back once the sockets that are being asked for are here: a worker that listens is up only then. */
export function whenAnswered(callback: () => void): void {
  // A listen() by address asks one turn later.
  setImmediate(() => {
    if (open === 0) callback();
    else waiting.push(callback);
  });
}

/**
 * A listen() asks the parent over IPC, and our channel does not hold the event loop: a worker whose run() returns
 * right after listen() would end before the answer comes. So the channel holds it as long as a question is open.
 * @param onGiven a server or datagram socket is about to get a handle from the parent.
 */
export function holdWhileAsking(onGiven: (asker: object, options: object) => void): void {
  const channel = ownChannel();
  aroundQuestions(clusterChild(), (ask, asker, options, callback) => {
    open += 1;
    channel.ref();
    ask(asker, options, (...answer) => {
      open -= 1;
      if (open === 0) channel.unref();
      const [errno, handle] = answer;
      if (!errno && handle) onGiven(asker, options);
      withWholeErrors(asker, options, () => callback(...answer));
      if (open === 0) for (const tell of waiting.splice(0)) tell();
    });
  });
}
