import type cluster from 'node:cluster';
import type { GetServer } from './cluster-questions';

/**
 * As aroundQuestions(), for the preload of a template, which loads nothing else of the package. note: called with what a
 * listen() or bind() asks for; it returns whether that is still asked of the process above.
 */
export function noteQuestions(child: typeof cluster, note: (options: object) => boolean): void {
  const internals = child as { _getServer?: GetServer };
  const { _getServer: ask } = internals;
  if (typeof ask !== 'function') return;
  internals._getServer = (asker, options, callback) => {
    if (note(options)) ask.call(child, asker, options, callback);
  };
}
