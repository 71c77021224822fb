import { text } from './key-kinds';
import { account, mask } from './system-key-kinds';

const OCTAL = "A string is octal, as in `'027'`; a YAML file may leave out the quotes.";

/** The identity of the processes of the tree, and their titles in ps. */
export const IDENTITY_KEYS = {
  chuser: account({
    source: 'chuser',
    doc: 'The user that the whole tree runs as, with the groups of that user. Only root may change it.',
  }),
  chgroup: account({
    source: 'chgroup',
    doc: 'The group that the whole tree runs as. Without this key it is the group of `chuser`.',
  }),
  chumask: mask({
    source: 'chumask',
    doc: `The umask of the tree: permissions that new files do not get. ${OCTAL}`,
  }),
  daemonProcessName: text('a name', {
    source: 'daemon_process_name',
    doc: 'What ps calls the main process.',
  }),
  serverProcessName: text('a name', {
    source: 'server_process_name',
    doc: 'What ps calls the server process below a supervisor.',
  }),
};

/** The identity of the workers, and their titles in ps. */
export const WORKER_IDENTITY_KEYS = {
  workerProcessName: text('a name', {
    reloadable: true,
    source: 'worker_process_name',
    doc: 'What ps calls a worker process; `%d` becomes the worker id.',
  }),
  workerChuser: account({
    source: 'worker_chuser',
    doc: 'The user that workers run as, with the groups of that user. A worker can listen on what this user may open, and on what the server has opened. `process` and `spawn` workers only.',
  }),
  workerChgroup: account({
    source: 'worker_chgroup',
    doc: 'The group that workers run as. Without this key it is the group of `workerChuser`. `process` and `spawn` workers only.',
  }),
  workerChumask: mask({
    source: 'worker_chumask',
    doc: `The umask of workers: permissions that their new files do not get. \`process\` and \`spawn\` workers only. ${OCTAL}`,
  }),
};
