import { account, mask, text } from './key-kinds';

const OCTAL = "A string is octal, as in `'027'`; a YAML file may leave out the quotes.";

/** Who the processes of the tree are, and what ps calls them. */
export const IDENTITY_KEYS = {
  chuser: account({
    source: 'chuser',
    doc: 'The user that the whole tree runs as, with the groups of that user. Only root may change it.',
  }),
  chgroup: account({
    source: 'chgroup',
    doc: 'The group that the whole tree runs as. None: the one of `chuser`.',
  }),
  chumask: mask({
    source: 'chumask',
    doc: `Permissions that files made by the tree do not get. ${OCTAL}`,
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

/** Who the workers are, and what ps calls them. */
export const WORKER_IDENTITY_KEYS = {
  workerProcessName: text('a name', {
    reloadable: true,
    source: 'worker_process_name',
    doc: 'What ps calls a worker process; `%d` stands for the worker id.',
  }),
  workerChuser: account({
    source: 'worker_chuser',
    doc: 'The user that workers run as, with the groups of that user; `process` and `spawn` workers only. A worker that listens gets what this user may open, and what the server has opened.',
  }),
  workerChgroup: account({
    source: 'worker_chgroup',
    doc: 'The group that workers run as; `process` and `spawn` workers only. None: the one of `workerChuser`.',
  }),
  workerChumask: mask({
    source: 'worker_chumask',
    doc: `Permissions that files made by workers do not get; \`process\` and \`spawn\` workers only. ${OCTAL}`,
  }),
};
