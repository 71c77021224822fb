import ts from 'typescript';

/** The input of the hover checks: each marked name gets the cursor. */
export const MARKED = `
import { Server, ServerEngine, Worker, server, worker } from './src/index';

@server({ /**/drainDelay: '5s', /**/logRotateSize: '10MB', /**/restartServerProcess: true })
class MyServer extends Server {}

@worker({ /**/type: 'process', /**/heartbeatTimeout: '3m', /**/workers: 'auto' })
class MyWorker extends Worker<{ port: number }, MyServer> {}

ServerEngine.create(MyServer, MyWorker, {
  /**/workerHeartbeatTimeout: 60,
  /**/workerGracefulKillTimeout: -1,
  /**/pidPath: 'my.pid',
  /**/restartStrategy: 'rolling',
  port: 9071,
}).run();
`;

/** For each name: its meaning, unit, default, whether it is reloadable, and its name in the original. */
const SHOWN: readonly (readonly [name: string, ...texts: string[]])[] = [
  ['drainDelay', 'Graceful stop of the server', 'seconds >= 0', 'Default: `0`. Takes effect on reload.'],
  [
    'logRotateSize',
    'rotated',
    'bytes >= 0',
    'Default: `1048576`. A change needs a restart.',
    '`log_rotate_size`',
  ],
  ['restartServerProcess', 'server process', 'true or false', 'Default: `false`.'],
  ['type', 'How a worker runs', "'embedded', 'thread', 'process', 'spawn'", 'In the config: `workerType`.'],
  ['heartbeatTimeout', 'sends no heartbeat', 'Default: `180`.', 'In the config: `workerHeartbeatTimeout`.'],
  ['workers', 'How many workers', "'auto'", 'Default: `1`.', "Ruby's ServerEngine: `workers`."],
  ['workerHeartbeatTimeout', 'sends no heartbeat', 'As an option of `@worker`: `heartbeatTimeout`.'],
  ['workerGracefulKillTimeout', '-1 for never', 'Default: `600`.', '`worker_graceful_kill_timeout`'],
  ['pidPath', 'Path of the pid file', 'Default: none.', '`pid_path`'],
  ['restartStrategy', 'each replacement is ready', "Default: `'auto'`. Takes effect on reload."],
];

/** The texts that the hover of a key lacks. */
export function hoverProblems(service: ts.LanguageService, file: string): string[] {
  const shown = new Map(
    [...MARKED.matchAll(/\/\*\*\/(\w+)/g)].map(({ index, 1: name = '' }): [string, string] => {
      const info = service.getQuickInfoAtPosition(file, index + '/**/'.length);
      return [name, ts.displayPartsToString(info?.documentation).replace(/\s+/g, ' ')];
    }),
  );
  return SHOWN.flatMap(([name, ...texts]) =>
    texts
      .filter((text) => !shown.get(name)?.includes(text))
      .map((text) => `An editor must show “${text}” of ${name}, but shows: ${shown.get(name) ?? 'nothing'}`),
  );
}
