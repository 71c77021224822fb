/**
 * Every private API of Node that is used, and every method of Node that is patched. No other room touches one: a rule
 * of the linter and a test check that. Read this list to know what a new version of Node may break.
 */
import { ACTIVE_HANDLES, CONNECTIONS } from './active-handles';
import { STACK_FILES } from './asked-by-node';
import { CHANNEL_READ } from './channel-reading';
import { GET_SERVER } from './cluster-questions';
import { DATAGRAM_STATE } from './datagram-handle';
import { DEBUG_END, INSPECTOR_OPEN, MODULE_LOAD_LIST } from './debugger';
import { DESTROY_SOON, HTTP_MESSAGE, SOCKET_DESTROY, WRITE_HEAD } from './http-connection';
import { KEPT_HANDLE } from './kept-handle';
import { CHILD_HANDLE } from './forked-child';
import { FATAL_EXCEPTION, REALLY_EXIT } from './forked-process';
import { BIND, LISTEN } from './listen-hooks';
import { ACCEPT_PAUSE, SERVER_HANDLE, SERVER_LISTEN2 } from './listening-handle';
import { INTERNAL_MESSAGE } from './marked-messages';
import { PROCESS_CHANNEL } from './own-channel';
import { PIPE } from './pipe-handles';
import { CREATE_SERVER_HANDLE } from './server-handle';
import { EMIT_ERROR, SERVER_CLOSE } from './server-hooks';
import type { Internal } from './shape';
import { SESSION_POST, TRACING_ENABLE } from './trace-events';

/** In child/thread-script.ts, which loads nothing of the package before the user's script does. */
const MAIN_SCRIPT: Internal = {
  name: 'Module._load and Module.runMain',
  kind: 'private',
  expected: 'functions that run a main script as Node does',
  usedFor: 'runs the script of a thread under ts-node, and under tsx on Node 20',
  without: 'Threads do not run TypeScript there. Use process workers, or compile first.',
};

export const INTERNALS: readonly Internal[] = [
  CREATE_SERVER_HANDLE,
  SERVER_HANDLE,
  SERVER_LISTEN2,
  ACCEPT_PAUSE,
  KEPT_HANDLE,
  SERVER_CLOSE,
  EMIT_ERROR,
  LISTEN,
  BIND,
  DATAGRAM_STATE,
  PIPE,
  GET_SERVER,
  INTERNAL_MESSAGE,
  CHANNEL_READ,
  PROCESS_CHANNEL,
  STACK_FILES,
  HTTP_MESSAGE,
  WRITE_HEAD,
  DESTROY_SOON,
  SOCKET_DESTROY,
  ACTIVE_HANDLES,
  CONNECTIONS,
  DEBUG_END,
  MODULE_LOAD_LIST,
  INSPECTOR_OPEN,
  CHILD_HANDLE,
  REALLY_EXIT,
  FATAL_EXCEPTION,
  TRACING_ENABLE,
  SESSION_POST,
  MAIN_SCRIPT,
];
