import type { RawHandle } from '../common/raw-handle';
import { ownChannel } from '../node-internals/own-channel';
import { aroundQuestions } from '../node-internals/cluster-questions';
import { clusterChild } from './cluster-child';
import { withWholeErrors } from './listen-errors';

let open = 0;
const waiting: (() => void)[] = [];

/** Calls back once the sockets that were asked for are here: a worker that listens is up only then. */
export function whenAnswered(callback: () => void): void {
  // A listen() by address asks one turn later.
  setImmediate(() => {
    if (open === 0) callback();
    else waiting.push(callback);
  });
}

/** Returns a handle that this process already has, for a request to the process above. */
export type AnswerHere = (asker: object, question: object) => RawHandle | undefined;

/**
 * A listen() asks the parent over IPC, and our channel does not keep the event loop alive: a worker whose run() returns
 * right after listen() would end before the answer comes. So the channel keeps it alive while a request is open.
 * @param onGiven a server or datagram socket is about to get a handle from the parent. Returns the function that is
 * asked first.
 */
export function holdWhileAsking(
  onGiven: (asker: object, options: object) => void,
): (answerHere: AnswerHere) => void {
  const channel = ownChannel();
  let answerHere: AnswerHere = () => undefined;
  aroundQuestions(clusterChild(), (askParent, asker, options, callback) => {
    open += 1;
    channel.ref();
    const own = answerHere(asker, options);
    const ask: typeof askParent = own ? (_asker, _options, tell) => setImmediate(tell, 0, own) : askParent;
    ask(asker, options, (...answer) => {
      open -= 1;
      if (open === 0) channel.unref();
      const [errno, handle] = answer;
      if (!errno && handle) onGiven(asker, options);
      withWholeErrors(asker, options, () => callback(...answer));
      if (open === 0) for (const tell of waiting.splice(0)) tell();
    });
  });
  return (given) => {
    answerHere = given;
  };
}
